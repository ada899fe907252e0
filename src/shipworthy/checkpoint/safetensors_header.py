"""The header of a safetensors file: bounded, strict, every extent inside the file and none overlapping.

Format: 8 bytes of header length, JSON of {name: {dtype, shape, data_offsets}}, then the data, without holes.
"""

from __future__ import annotations

import math
from typing import Any

from ..errors import FileError
from .entry import TensorEntry, has_too_many_elements
from .file_bytes import FileBytes
from .strict_json import parse_object

_MAX_HEADER = 16_000_000
_MAX_RANK = 8
_BITS = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "U16": 16,
    "I16": 16,
    "U32": 32,
    "I32": 32,
    "U64": 64,
    "I64": 64,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "F16": 16,
    "BF16": 16,
    "F32": 32,
    "F64": 64,
    "C64": 64,
}


def read_safetensors(file: FileBytes) -> dict[str, TensorEntry]:
    """The tensors of one file. Raises FileError: truncated, trailing-bytes, safetensors-header, and what
    parse_object raises, with codes that start with safetensors.
    """
    length = int.from_bytes(file.read(0, 8), "little")
    if length > _MAX_HEADER:
        message = f"a header of {length} bytes is claimed, at most {_MAX_HEADER} are read"
        raise FileError("safetensors-header", message, path=file.path, offset=0)
    header = parse_object(
        file.read(8, 8 + length),
        path=file.path,
        size=file.size,
        start=8,
        what="the header",
        code="safetensors",
    )
    notes = header.pop("__metadata__", {})
    if not isinstance(notes, dict) or not all(isinstance(value, str) for value in notes.values()):
        message = "__metadata__ is not an object of texts"
        raise FileError("safetensors-header", message, path=file.path, offset=8)
    data = 8 + length
    entries = [_entry(name, stated, data, file) for name, stated in header.items()]
    expected = data
    for entry in sorted(entries, key=lambda entry: (entry.offset, entry.nbytes)):
        if entry.offset != expected:
            message = f"{entry.name} starts at byte {entry.offset}, expected {expected}"
            raise FileError("safetensors-header", message, path=file.path, offset=8)
        expected += entry.nbytes
    if file.size < expected:
        message = f"the tensors need {expected} bytes, the file has {file.size}"
        raise FileError("truncated", message, path=file.path, offset=file.size, fix="copy it again")
    if file.size > expected:
        message = f"the file goes on for {file.size - expected} bytes after its last tensor"
        raise FileError("trailing-bytes", message, path=file.path, offset=expected)
    return {entry.name: entry for entry in entries}


def _entry(name: str, stated: Any, data: int, file: FileBytes) -> TensorEntry:
    def refuse(message: str) -> FileError:
        return FileError("safetensors-header", f"{name}: {message}", path=file.path, offset=8)

    if not isinstance(stated, dict) or stated.keys() != {"dtype", "shape", "data_offsets"}:
        raise refuse("an entry has dtype, shape and data_offsets, and no more")
    dtype, shape, offsets = stated["dtype"], stated["shape"], stated["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise refuse(f"the dtype {dtype!r} is not known")
    if not _counts(shape) or not _counts(offsets) or len(offsets) != 2:
        raise refuse("shape and data_offsets are lists of whole numbers that are not negative")
    if len(shape) > _MAX_RANK:
        raise refuse(f"the shape has {len(shape)} dimensions, at most {_MAX_RANK} are read")
    if has_too_many_elements(shape):
        raise refuse(f"the shape {shape} has more elements than a 64-bit size counts")
    start, end = offsets
    size = math.prod(shape) * _BITS[dtype] // 8
    if end - start != size:
        raise refuse(f"data_offsets span {end - start} bytes; {dtype} {shape} takes {size}")
    return TensorEntry(name, dtype, tuple(shape), size, data + start, file.path)


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 1 << 63 for item in value)
