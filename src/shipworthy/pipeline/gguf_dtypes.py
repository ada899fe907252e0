"""How each tensor of an export is stored: the type asked for, or another one and the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import gguf
import numpy as np

from ..checkpoint import TensorEntry
from ..errors import UsageError

DTYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
"""What can be asked for: the type of weight matrices, and the file type that the file states."""

KEPT = {
    "F32": gguf.LlamaFileType.ALL_F32,
    "F16": gguf.LlamaFileType.MOSTLY_F16,
    "BF16": gguf.LlamaFileType.MOSTLY_BF16,
}
"""Types that "keep" keeps, and the file type where they are most of the file."""

_F16_MAX = float(np.finfo(np.float16).max)
_LARGEST = {"f16": _F16_MAX, "bf16": float.fromhex("0x1.fep127"), "q8_0": 127 * _F16_MAX}
"""The largest magnitude that a type holds; a block of Q8_0 has a scale in F16, times 127."""
_NARROWER = {"f16": ("F16",), "bf16": ("BF16", "F16"), "q8_0": ("F16",)}
"""Stored types whose finite values all fit the one asked for."""


@dataclass(frozen=True)
class Fallback:
    """A weight matrix that is stored in another type than was asked for."""

    tensor: str
    asked: str
    stored: str
    reason: str


@dataclass(frozen=True)
class Look:
    """What one reading of a tensor's values tells: whether all are finite, and the largest magnitude of
    those that are."""

    finite: bool
    largest: float


def look_at(blocks: Iterable[np.ndarray]) -> Look:
    """Look at every value, a block at a time."""
    finite, largest = True, 0.0
    for block in blocks:
        # A NaN is the maximum of whatever it is among.
        highest = float(max(block.max(), -block.min()))
        if not np.isfinite(highest):
            finite = False
            highest = float(np.abs(block[np.isfinite(block)]).max(initial=0.0))
        largest = max(largest, highest)
    return Look(finite, largest)


def choose(
    entry: TensorEntry, asked: str, look: Callable[[], Look]
) -> tuple[gguf.GGMLQuantizationType, Fallback | None]:
    """The type of one tensor; `look` is asked where its values decide. Norms and biases are F32 whatever is
    asked.

    "keep" keeps the type of a matrix where GGUF has it; values of other types become F32. Q8_0 needs rows of
    whole blocks, else F16 takes its place; F32 does where a finite value is too large for the type.
    Raises UsageError non-finite-weight where a tensor that must be quantized holds NaN or infinity.
    """
    name, shape = entry.name, entry.shape
    if len(shape) == 1 or asked == "f32":
        return gguf.GGMLQuantizationType.F32, None
    if asked == "keep":
        if entry.dtype in KEPT:
            return gguf.GGMLQuantizationType[entry.dtype], None
        return gguf.GGMLQuantizationType.F32, Fallback(name, asked, "f32", f"{entry.dtype} is dequantized")
    wanted = DTYPES[asked][0]
    if asked == "q8_0":
        require_finite(name, wanted.name, look())
        block = gguf.GGML_QUANT_SIZES[wanted][0]
        if shape[-1] % block == 0:
            return _if_it_fits(entry, asked, look)
        reason = f"rows of {shape[-1]} values are not a multiple of {block}"
        stored, overflow = choose(entry, "f16", look)
        return stored, overflow or Fallback(name, asked, "f16", reason)
    return _if_it_fits(entry, asked, look)


def require_finite(name: str, kind: str, look: Look) -> None:
    """Raises UsageError non-finite-weight: what quantizes would write a number in its place."""
    if not look.finite:
        message = f"{name} has values that are not finite, which {kind} cannot hold"
        raise UsageError("non-finite-weight", message, fix="export as f32 to keep them")


def file_type(asked: str, types: Mapping[str, gguf.GGMLQuantizationType]) -> int:
    """The file type that the file states: what was asked for, or the most frequent type of a matrix."""
    if asked != "keep":
        return int(DTYPES[asked][1])
    matrices = Counter(kind.name for name, kind in types.items() if name.endswith("_proj.weight"))
    return int(KEPT[matrices.most_common(1)[0][0]])


def _if_it_fits(
    entry: TensorEntry, asked: str, look: Callable[[], Look]
) -> tuple[gguf.GGMLQuantizationType, Fallback | None]:
    if entry.dtype not in _NARROWER[asked]:
        largest = look().largest
        if largest > _LARGEST[asked]:
            reason = f"the largest value is {largest:g}, beyond {_LARGEST[asked]:g}"
            return gguf.GGMLQuantizationType.F32, Fallback(entry.name, asked, "f32", reason)
    return DTYPES[asked][0], None
