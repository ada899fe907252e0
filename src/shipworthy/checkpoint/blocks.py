"""A tensor's values in consecutive blocks of whole rows, so that no verb needs a whole tensor in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .apr_format import DTYPES
from .decode import decode
from .entry import TensorEntry
from .file_bytes import FileBytes
from .rotary import to_halves

BLOCK = 1 << 22
"""Bytes of float32 in a block, unless a single indivisible group of rows takes more."""


def stored_and_values(
    file: FileBytes, entry: TensorEntry, heads: int | None, together: int = 1
) -> Iterator[tuple[memoryview, np.ndarray]]:
    """The bytes of some rows as stored, and their values as float32 [rows, ...], consecutive along the first
    axis; both are valid until the next are asked for.

    `heads` is the number of heads whose rows are stored as interleaved pairs; blocks then hold whole heads,
    in halves. A block holds a multiple of `together` rows, but for the last of a tensor that is none.
    Raises LookupError where the dtype cannot be decoded.
    """
    shape = entry.shape or (1,)
    if math.prod(shape) == 0:
        return
    if entry.dtype == "AprQ8":
        # The one scale of the tensor lies before all values.
        stored = memoryview(file.read(entry.offset, entry.offset + entry.nbytes))
        yield stored, decode(stored, entry.dtype, shape)
        return
    row = math.prod(shape[1:])
    group = math.lcm(_rows_of_whole_blocks(entry.dtype, row), together)
    if heads is not None:
        group = math.lcm(group, shape[0] // heads)
    rows = max(group, BLOCK // (4 * row) // group * group)
    buffer = memoryview(bytearray(_stored_bytes(entry, min(rows, shape[0]) * row)))
    start = entry.offset
    for first in range(0, shape[0], rows):
        count = min(rows, shape[0] - first)
        piece = buffer[: _stored_bytes(entry, count * row)]
        file.read_into(start, piece)
        start += len(piece)
        block_shape = (count, *shape[1:])
        if entry.dtype == "F32" and heads is None:
            yield piece, np.frombuffer(piece, "<f4").reshape(block_shape)
            continue
        values = decode(piece, entry.dtype, block_shape)
        yield piece, values if heads is None else to_halves(values, count * heads // shape[0])


def _block(dtype: str) -> tuple[int, int]:
    """Elements and bytes of one block. Raises LookupError for a dtype that nobody knows."""
    for known in DTYPES.values():
        if known.name == dtype:
            return known.block, known.nbytes
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        block, nbytes = GGML_QUANT_SIZES[GGMLQuantizationType[dtype]]
    except KeyError:
        raise LookupError(f"values of dtype {dtype} are not read") from None
    return block, nbytes


def _rows_of_whole_blocks(dtype: str, row: int) -> int:
    block = _block(dtype)[0]
    return block // math.gcd(block, row)


def _stored_bytes(entry: TensorEntry, elements: int) -> int:
    block, nbytes = _block(entry.dtype)
    return -(-elements // block) * nbytes
