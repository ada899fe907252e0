"""How each tensor of an export is stored: the type asked for, or another one and the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gguf
import numpy as np

from ..errors import ShipworthyError

DTYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
"""What can be asked for: the type of weight matrices, and the file type that the file states."""

_F16_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Fallback:
    """A weight matrix that is stored in another type than was asked for."""

    tensor: str
    asked: str
    stored: str
    reason: str


def choose(
    name: str, shape: tuple[int, ...], asked: str, read: Callable[[], np.ndarray]
) -> tuple[gguf.GGMLQuantizationType, Fallback | None]:
    """The type of one tensor. Norms and biases are F32 whatever is asked.

    Q8_0 needs rows of whole blocks, F16 values that it can hold; else F16 and F32 take their place.
    Raises ShipworthyError non-finite-weight where a tensor that must be quantized holds NaN or infinity.
    """
    wanted = DTYPES[asked][0]
    if len(shape) == 1 or asked == "f32":
        return gguf.GGMLQuantizationType.F32, None
    if asked == "q8_0":
        if not np.isfinite(read()).all():
            message = f"{name} has values that are not finite, which {wanted.name} cannot hold"
            raise ShipworthyError("non-finite-weight", message, fix="export as f32 to keep them")
        block = gguf.GGML_QUANT_SIZES[wanted][0]
        if shape[-1] % block == 0:
            return wanted, None
        reason = f"rows of {shape[-1]} values are not a multiple of {block}"
        stored, overflow = choose(name, shape, "f16", read)
        return stored, overflow or Fallback(name, asked, "f16", reason)
    if asked == "f16":
        values = read()
        largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
        if largest > _F16_MAX:
            reason = f"the largest value is {largest:g}, beyond {_F16_MAX:g}"
            return gguf.GGMLQuantizationType.F32, Fallback(name, asked, "f32", reason)
    return wanted, None
