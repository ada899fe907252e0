"""Writing safetensors files: streamed by block, whole or not at all, the same input to the same bytes.

Format: 8 bytes of header length, JSON of {name: {dtype, shape, data_offsets}} padded with spaces to a
multiple of 8, then the data without holes. As the `safetensors` package orders them: larger elements first,
then by name, so that every tensor is aligned to its element.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..atomic import replacing
from ..errors import UsageError
from .apr_format import WRITABLE
from .apr_writer import TensorSource
from .tensor_pieces import stored_pieces

_SIZES = {"F32": 4, "F16": 2, "BF16": 2}
_WRITTEN_AS_TORCH = {"format": "pt"}
"""transformers refuses a file that does not say so."""


def write_safetensors(path: Path, tensors: Mapping[str, TensorSource]) -> None:
    """Write one file, a block of a tensor in memory at a time.

    Raises UsageError as `stored_pieces` does, and dtype-not-writable; FileError unwritable.
    """
    names = _ordered(tensors)
    header = _header(names, tensors)
    with replacing(path) as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        for name in names:
            for piece in stored_pieces(name, tensors[name]).pieces:
                stream.write(piece)


def shards(tensors: Mapping[str, TensorSource], limit: int) -> list[list[str]]:
    """Names, sorted, in consecutive groups of at most `limit` bytes; a larger tensor is alone."""
    groups: list[list[str]] = [[]]
    filled = 0
    for name in sorted(tensors):
        size = nbytes(tensors[name])
        if groups[-1] and filled + size > limit:
            groups.append([])
            filled = 0
        groups[-1].append(name)
        filled += size
    return groups


def nbytes(source: TensorSource) -> int:
    """Bytes that a tensor takes."""
    return math.prod(source.shape) * _SIZES[source.dtype]


def _ordered(tensors: Mapping[str, TensorSource]) -> list[str]:
    for name, source in tensors.items():
        if source.dtype not in _SIZES:
            message = f"{name} cannot be written as {source.dtype}"
            raise UsageError("dtype-not-writable", message, fix=f"use {', '.join(WRITABLE)}")
    # F32, then BF16, then F16: the package's own order.
    rank = {"F32": 0, "BF16": 1, "F16": 2}
    return sorted(tensors, key=lambda name: (rank[tensors[name].dtype], name))


def _header(names: Iterable[str], tensors: Mapping[str, TensorSource]) -> bytes:
    stated: dict[str, object] = {"__metadata__": _WRITTEN_AS_TORCH}
    offset = 0
    for name in names:
        source = tensors[name]
        end = offset + nbytes(source)
        stated[name] = {"dtype": source.dtype, "shape": list(source.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(stated, ensure_ascii=False, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)
