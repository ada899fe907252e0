"""Planted defects of how the values of an export are encoded.

Each starts from an F32 export, makes the export that it spoils from that, and changes its bytes in place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ...checkpoint import open_checkpoint
from ...pipeline.export import export_gguf
from ..fixtures import WEIGHTS_STD
from .apr_file import changed, rewrite_apr
from .gguf_file import ARCHITECTURE, name_in_gguf, rewrite_gguf
from .table import makes

_TYPE = 4
"""Which part of a tensor's entry in the header `gguf` counts as its type."""
_NAN = 0x7E00
_SCALES = {
    "Q8_0": (34, (0,)),
    "Q5_0": (22, (0,)),
    "Q5_1": (24, (0, 2)),
    "Q4_K": (144, (0, 2)),
    "Q5_K": (176, (0, 2)),
    "Q6_K": (210, (208,)),
}
"""Bytes of a block, and where its scales in F16 begin; of Q5_1 also its minimum, of Q4_K and Q5_K the scale
of its minima."""

Blocks = np.ndarray
"""Bytes of a tensor, uint8 [rows, blocks of a row, bytes of a block]."""


def full_precision_weights(source: Path, target: Path) -> None:
    """Every matrix is drawn anew from a normal distribution."""
    draws = np.random.default_rng(1)

    def draw(values: np.ndarray) -> None:
        values[...] = draws.normal(0.0, WEIGHTS_STD, values.shape)

    rewrite_apr(
        source,
        target,
        tensors=lambda t: {name: changed(v, draw) if len(v.shape) > 1 else v for name, v in t.items()},
    )


def blocks_along_the_wrong_axis(source: Path, target: Path, *, dtype: str, tensor: str) -> None:
    """The blocks of one matrix are written column of blocks by column of blocks."""
    _exported(source, target, dtype, tensor, lambda blocks: blocks.swapaxes(0, 1))


def quantized_twice(source: Path, target: Path, *, dtype: str, tensor: str) -> None:
    """One matrix has passed through Q4_0 before."""
    import gguf

    kind, stored = gguf.GGMLQuantizationType.Q4_0, name_in_gguf(tensor)

    def through(values: np.ndarray) -> np.ndarray:
        return gguf.quants.dequantize(gguf.quants.quantize(values, kind), kind)

    with TemporaryDirectory(dir=target.parent) as folder:
        rough = Path(folder) / "rough.gguf"
        rewrite_gguf(source, rough, tensors=lambda t: {**t, stored: through(t[stored])})
        export_gguf(rough, target, dtype)


def made_from_another_export(source: Path, target: Path, *, dtype: str) -> None:
    """Every matrix has passed through Q8_0 before."""
    with TemporaryDirectory(dir=target.parent) as folder:
        rough = Path(folder) / "q8_0.gguf"
        export_gguf(source, rough, "q8_0")
        export_gguf(rough, target, dtype)


def type_mislabelled(source: Path, target: Path, *, dtype: str, tensor: str, label: str) -> None:
    """The header says another type of one matrix."""
    import gguf

    export_gguf(source, target, dtype)
    stored = name_in_gguf(tensor)
    (entry,) = [one for one in gguf.GGUFReader(target, "r+").tensors if one.name == stored]
    entry.field.parts[_TYPE][0] = gguf.GGMLQuantizationType[label]


def file_type_misstated(source: Path, target: Path, *, dtype: str, stated: str) -> None:
    """The file states another type of itself."""
    import gguf

    _restate(source, target, dtype, "general.file_type", gguf.LlamaFileType[stated])


def context_zeroed(source: Path, target: Path, *, dtype: str) -> None:
    """The file says that it was trained for no position."""
    _restate(source, target, dtype, "{arch}.context_length", 0)


def _restate(source: Path, target: Path, dtype: str, key: str, value: int) -> None:
    """An export whose header has another value of a key."""
    import gguf

    export_gguf(source, target, dtype)
    fields = gguf.GGUFReader(target, "r+").fields
    fields[key.format(arch=fields[ARCHITECTURE].contents())].parts[-1][0] = value


def scale_zeroed(source: Path, target: Path, *, dtype: str, tensor: str) -> None:
    """The scales of one block of one matrix are zero."""
    _with_scales(source, target, dtype, tensor, lambda scales: scales.__setitem__((0, 0), 0))


def scales_lost(source: Path, target: Path, *, dtype: str, tensor: str) -> None:
    """Every scale of one matrix is zero."""
    _with_scales(source, target, dtype, tensor, lambda scales: scales.fill(0))


def nan_scale(source: Path, target: Path, *, dtype: str, tensor: str) -> None:
    """The scale of one block of one matrix is not a number."""
    _with_scales(source, target, dtype, tensor, lambda scales: scales.__setitem__((0, 0), _NAN))


def scales_rounded_down(source: Path, target: Path, *, dtype: str, tensor: str) -> None:
    """The scales of one matrix are the largest F16 that is not above what they should be."""
    with open_checkpoint(source) as plain:
        values = np.frombuffer(plain.raw(tensor), "<f4").reshape(plain.tensors[tensor].shape)
    exact = np.abs(values.reshape(len(values), -1, 32)).max(axis=2) / np.float32(127)
    near = exact.astype(np.float16)
    down = np.where(near.astype(np.float32) > exact, np.nextafter(near, np.float16(0)), near)

    def change(scales: np.ndarray) -> None:
        scales[..., 0] = down.view(np.uint16)

    _with_scales(source, target, dtype, tensor, change)


def cast_by_truncation(source: Path, target: Path, *, dtype: str) -> None:
    """Every value of every matrix is the one next to it towards zero, unless it is exact."""
    export_gguf(source, target, dtype)
    with open_checkpoint(source) as plain, open_checkpoint(target) as cast, target.open("r+b") as stream:
        for name, entry in cast.tensors.items():
            if len(entry.shape) > 1:
                values = np.frombuffer(plain.raw(name), "<f4")
                stream.seek(entry.offset)
                stream.write(_towards_zero(values, dtype).tobytes())


def _towards_zero(values: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "bf16":
        return (values.view(np.uint32) >> 16).astype("<u2")
    near = values.astype(np.float16)
    beyond = np.abs(near.astype(np.float32)) > np.abs(values)
    return np.where(beyond, np.nextafter(near, np.float16(0)), near).astype("<f2")


def _with_scales(
    source: Path, target: Path, dtype: str, tensor: str, change: Callable[[np.ndarray], None]
) -> None:
    """`change` gets the scales of a matrix, bits of F16 [rows, blocks of a row, scales of a block]."""

    def rescaled(blocks: Blocks) -> Blocks:
        begins = next(begins for size, begins in _SCALES.values() if size == blocks.shape[2])
        scales = np.stack([blocks[..., at : at + 2].copy().view("<u2")[..., 0] for at in begins], axis=-1)
        change(scales)
        for number, at in enumerate(begins):
            blocks[..., at : at + 2] = scales[..., number : number + 1].copy().view(np.uint8)
        return blocks

    _exported(source, target, dtype, tensor, rescaled)


def _exported(
    source: Path, target: Path, dtype: str, tensor: str, change: Callable[[Blocks], Blocks]
) -> None:
    """Export, and change the blocks of one matrix; of a type without blocks a value is a block."""
    import gguf

    export_gguf(source, target, dtype)
    with open_checkpoint(target) as made:
        entry = made.tensors[tensor]
        stored = np.frombuffer(made.raw(tensor), np.uint8).copy()
    size: Any = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[entry.dtype]][1]
    spoiled = change(stored.reshape(entry.shape[0], -1, size))
    with target.open("r+b") as stream:
        stream.seek(entry.offset)
        stream.write(np.ascontiguousarray(spoiled).tobytes())


MADE = makes("apr", full_precision_weights) | makes(
    "gguf",
    blocks_along_the_wrong_axis,
    quantized_twice,
    made_from_another_export,
    type_mislabelled,
    file_type_misstated,
    context_zeroed,
    scale_zeroed,
    scales_lost,
    nan_scale,
    scales_rounded_down,
    cast_by_truncation,
)
