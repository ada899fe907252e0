"""The header of a GGUF file: keys, values and tensor infos, every extent proven to lie inside the file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .entry import TensorEntry, has_too_many_elements
from .file_bytes import FileBytes
from .gguf_values import MAX_KEY, GGUFCursor, GGUFFields

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MAX_KEYS = 1 << 14
_MAX_TENSORS = 1 << 16
_MAX_TENSOR_NAME = 1 << 10
_MAX_RANK = 4
_DEFAULT_ALIGNMENT = 32
_MAX_ALIGNMENT = 1 << 16
_A_TENSOR = 1 << 10
"""Bytes that what is known of a tensor is reckoned to take, beside its name."""


@dataclass(frozen=True)
class GGUFHeader:
    """`fields` by key; `tensors` in file order under the file's names, shapes row-major."""

    version: int
    fields: Mapping[str, Any]
    tensors: Mapping[str, TensorEntry]


@dataclass(frozen=True)
class _Info:
    name: str
    shape: tuple[int, ...]
    dtype: str
    offset: int
    nbytes: int
    at: int


def read_gguf_header(file: FileBytes) -> GGUFHeader:
    """Raises FileError: bad-magic, version, byte-order, truncated, trailing-bytes, key-count, key-duplicate,
    tensor-count, alignment, tensor-{name-duplicate,rank,shape-overflow,dtype,block,offset}, and what
    GGUFCursor raises.
    """
    cursor = GGUFCursor(file)
    magic, version, tensor_count, key_count = cursor.unpack("4sIQQ")
    if magic != MAGIC:
        raise cursor.refuse("bad-magic", f"a GGUF file starts with GGUF, this one with {magic!r}", 0)
    if version not in _VERSIONS:
        if version >> 24 and int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS:
            raise cursor.refuse("byte-order", "this GGUF file is big-endian; only little-endian is read", 4)
        raise cursor.refuse("version", f"GGUF version {version} is not supported; 2 and 3 are", 4)
    if tensor_count > _MAX_TENSORS:
        raise cursor.refuse("tensor-count", f"{tensor_count} tensors, at most {_MAX_TENSORS} are read", 8)
    if key_count > _MAX_KEYS:
        raise cursor.refuse("key-count", f"{key_count} keys, at most {_MAX_KEYS} are read", 16)
    made: dict[str, Callable[[], Any]] = {}
    for _ in range(key_count):
        at = cursor.position
        key = cursor.string("a key", MAX_KEY)
        if key in made:
            raise cursor.refuse("key-duplicate", f"the key {key!r} appears twice", at)
        cursor.keep(at, 0, "the list of keys")
        (kind,) = cursor.unpack("I")
        made[key] = cursor.value(kind, key)
    fields = GGUFFields(made, cursor.budget)
    alignment = _alignment(fields, cursor)
    infos = [_tensor_info(cursor) for _ in range(tensor_count)]
    return GGUFHeader(version, fields, _place(infos, alignment, cursor))


def _alignment(fields: Mapping[str, Any], cursor: GGUFCursor) -> int:
    alignment = fields.get("general.alignment", _DEFAULT_ALIGNMENT)
    whole = isinstance(alignment, int) and not isinstance(alignment, bool)
    if not whole or not 0 < alignment <= _MAX_ALIGNMENT or alignment & (alignment - 1):
        message = f"general.alignment is {alignment!r}, not a power of two up to {_MAX_ALIGNMENT}"
        raise cursor.refuse("alignment", message)
    return int(alignment)


def _tensor_info(cursor: GGUFCursor) -> _Info:
    at = cursor.position
    name = cursor.string("a tensor's name", _MAX_TENSOR_NAME)
    cursor.keep(at, _A_TENSOR, "the list of tensors", "tensor-count")
    (rank,) = cursor.unpack("I")
    if rank > _MAX_RANK:
        raise cursor.refuse("tensor-rank", f"{name} claims {rank} dimensions, at most {_MAX_RANK}", at)
    shape = tuple(reversed(cursor.unpack(f"{rank}Q")))
    code, offset = cursor.unpack("IQ")
    elements = math.prod(shape)
    if has_too_many_elements(shape):
        message = f"{name} has shape {list(shape)}, more elements than a 64-bit size counts"
        raise cursor.refuse("tensor-shape-overflow", message, at)
    if code not in _dtypes():
        raise cursor.refuse("tensor-dtype", f"{name} has the unknown dtype code {code}", at)
    dtype, block, size = _dtypes()[code]
    if block > 1 and (not shape or shape[-1] % block):
        message = f"{name} is {dtype} with shape {list(shape)}; rows must be multiples of {block}"
        raise cursor.refuse("tensor-block", message, at)
    return _Info(name, shape, dtype, offset, elements // block * size, at)


@lru_cache(maxsize=1)
def _dtypes() -> dict[int, tuple[str, int, int]]:
    """Code to name, elements of a block, bytes of a block."""
    from gguf.constants import GGML_QUANT_SIZES

    return {int(kind): (kind.name, block, size) for kind, (block, size) in GGML_QUANT_SIZES.items()}


def _place(infos: list[_Info], alignment: int, cursor: GGUFCursor) -> dict[str, TensorEntry]:
    header_end = cursor.position
    data = _align(header_end, alignment)
    tensors: dict[str, TensorEntry] = {}
    expected, end = 0, header_end
    for info in infos:
        if info.name in tensors:
            raise cursor.refuse("tensor-name-duplicate", f"{info.name} appears twice", info.at)
        if info.offset != expected:
            message = f"{info.name} has offset {info.offset}, expected {expected}"
            raise cursor.refuse("tensor-offset", message, info.at)
        end = data + expected + info.nbytes
        if end > cursor.limit:
            message = f"{info.name} ends at byte {end}, the file at {cursor.limit}"
            raise cursor.refuse("truncated", message, cursor.limit)
        start = data + info.offset
        tensors[info.name] = TensorEntry(info.name, info.dtype, info.shape, info.nbytes, start, cursor.path)
        expected = _align(expected + info.nbytes, alignment)
    # Writers differ in whether they pad after the last tensor.
    if cursor.limit > data + expected:
        message = f"the file goes on for {cursor.limit - data - expected} bytes after its last tensor"
        raise cursor.refuse("trailing-bytes", message, data + expected)
    return tensors


def _align(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment
