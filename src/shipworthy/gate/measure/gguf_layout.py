"""Measures gguf_layout@1: the header of the export as it stands, without the refusals of a reader."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint
from ...checkpoint.file_bytes import FileBytes
from ...checkpoint.gguf_values import GGUFCursor
from ...errors import FileError
from .refusal import as_text

_DEFAULT_ALIGNMENT = 32
_HEADER = "the header"


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path) -> dict[str, Any]:
    """Raw: type, shape and offset per tensor, what is followed by padding that is not zero, and the refusal
    of our reader, if it refuses."""
    path = artifacts["gguf"]
    refusal = None
    try:
        open_checkpoint(path).close()
    except FileError as error:
        refusal = as_text(error)
    file = FileBytes(path)
    try:
        cursor = GGUFCursor(file)
        _, _, count, keys = cursor.unpack("4sIQQ")
        alignment = _alignment(cursor, keys)
        tensors = [_tensor(cursor) for _ in range(count)]
        data_start = _aligned(cursor.position, alignment)
        return {
            "refusal": refusal,
            "alignment": alignment,
            "data_start": data_start,
            "file_size": file.size,
            "tensors": tensors,
            "padding_not_zero": list(_dirty(file, cursor.position, data_start, alignment, tensors)),
        }
    finally:
        file.close()


def _alignment(cursor: GGUFCursor, keys: int) -> int:
    """Walk the keys; the alignment is the only one that the layout depends on."""
    alignment = _DEFAULT_ALIGNMENT
    for _ in range(keys):
        key = cursor.string("a key")
        (kind,) = cursor.unpack("I")
        value = cursor.value(kind, key)
        if key == "general.alignment":
            alignment = int(value())
    return alignment


def _tensor(cursor: GGUFCursor) -> dict[str, Any]:
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    name = cursor.string("a tensor's name")
    (rank,) = cursor.unpack("I")
    shape = list(reversed(cursor.unpack(f"{rank}Q")))
    code, offset = cursor.unpack("IQ")
    kind = GGMLQuantizationType(code)
    block, block_bytes = GGML_QUANT_SIZES[kind]
    return {
        "name": name,
        "dtype": kind.name,
        "block": block,
        "block_bytes": block_bytes,
        "shape": shape,
        "offset": offset,
    }


def _dirty(
    file: FileBytes, header_end: int, data_start: int, alignment: int, tensors: list[dict[str, Any]]
) -> Iterator[str]:
    """What is followed by padding with a byte that is not zero; padding past the end of the file is none."""
    gaps = [(_HEADER, header_end, data_start)]
    for tensor in tensors:
        nbytes = math.prod(tensor["shape"]) // tensor["block"] * tensor["block_bytes"]
        end = data_start + tensor["offset"] + nbytes
        gaps.append((tensor["name"], end, _aligned(end, alignment)))
    for name, start, end in gaps:
        if start < min(end, file.size) and any(file.read(start, min(end, file.size))):
            yield name


def _aligned(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment
