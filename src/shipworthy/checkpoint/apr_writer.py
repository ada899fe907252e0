"""Writing an `.apr` v2 file: streamed one tensor at a time, hashed on the way, atomic, deterministic."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..atomic import replacing
from ..errors import UsageError
from .apr_format import (
    ALIGNMENT,
    CHECKSUM_AT,
    CODES,
    DESCRIPTIVE_FLAGS,
    DTYPES,
    HAS_VOCAB,
    HEADER,
    HEADER_SIZE,
    LAYOUT_ROW_MAJOR,
    MAGIC,
    MAJOR,
    MAX_NAME,
    MAX_RANK,
    MINOR,
    WRITABLE,
    align,
    header_checksum,
)
from .apr_metadata import encode_metadata
from .hashed_stream import HashedStream
from .tensor_pieces import stored_pieces

if TYPE_CHECKING:
    import numpy as np

    from .tokenizer import TokenizerSpec


@dataclass(frozen=True)
class TensorSource:
    """A tensor to write: its stored dtype, its shape, and how to get its values.

    `load` is called once, when the tensor's turn comes, and its result is not kept. It gives the whole
    float32 array, which must not change before the file is written, or consecutive float32 blocks, to be
    stored as F32, F16 or BF16; or, in consecutive pieces, the bytes as they are stored, which may be of any
    dtype that `.apr` has.
    """

    dtype: str
    shape: tuple[int, ...]
    load: Callable[[], np.ndarray | Iterable[np.ndarray] | Iterable[memoryview]]


def write_apr(
    path: Path,
    *,
    metadata: Mapping[str, Any],
    tensors: Mapping[str, TensorSource],
    tokenizer: TokenizerSpec | None,
    flags: int = 0,
) -> str:
    """Write a whole file or none, and return its lower-case hex SHA-256.

    Of `flags`, those of another file's header, the descriptive ones are set; the others follow from what is
    written.
    The same input gives the same bytes. A block of a tensor is in memory at a time. `path` may be the file
    that the tensors are read from.
    Raises UsageError (a dtype, name, shape or value that cannot be written), FileError metadata-size and
    unwritable.
    """
    stated = {**metadata, **(tokenizer.to_apr() if tokenizer is not None else {})}
    named = sorted(((name.encode(), source) for name, source in tensors.items()), key=lambda pair: pair[0])
    index = encode_index(named)
    body = encode_metadata(stated, path=path)
    index_at = align(HEADER_SIZE + len(body))
    implied = LAYOUT_ROW_MAJOR | (HAS_VOCAB if "tokenizer.vocabulary" in stated else 0)
    header = _header(
        implied | flags & DESCRIPTIVE_FLAGS, len(named), len(body), index_at, align(index_at + len(index))
    )
    with replacing(path) as stream, HashedStream(stream) as out:
        for section in (header, body, index):
            out.write(section)
            out.pad(ALIGNMENT)
        for name, source in named:
            pieces, kept = stored_pieces(name.decode(), source)
            for piece in pieces:
                out.write(piece, kept=kept)
            out.pad(ALIGNMENT)
        out.write(struct.pack("<I", out.crc))
        return out.sha256()


def _header(flags: int, tensors: int, metadata_size: int, index_at: int, data_at: int) -> bytes:
    fields = (MAGIC, MAJOR, MINOR, flags, tensors, HEADER_SIZE, metadata_size, index_at, data_at)
    draft = HEADER.pack(*fields, 0, bytes(20))
    checksum = struct.pack("<I", header_checksum(draft))
    return draft[:CHECKSUM_AT] + checksum + draft[CHECKSUM_AT + 4 :]


def encode_index(named: list[tuple[bytes, TensorSource]]) -> bytes:
    """The tensor index, before padding, of tensors that are sorted by name."""
    parts = []
    offset = 0
    for name, source in named:
        if not 1 <= len(name) <= MAX_NAME:
            raise UsageError("tensor-name-length", f"{name.decode()!r} is not 1 to {MAX_NAME} bytes long")
        if source.dtype not in CODES:
            message = f"{name.decode()} cannot be written as {source.dtype}"
            raise UsageError("dtype-not-writable", message, fix=f"use {', '.join(WRITABLE)}")
        rank = len(source.shape)
        if rank > MAX_RANK:
            raise UsageError("tensor-rank", f"{name.decode()} has {rank} dimensions, at most {MAX_RANK}")
        code = CODES[source.dtype]
        size = DTYPES[code].size(source.shape)
        parts.append(struct.pack("<H", len(name)) + name + bytes((code, rank)))
        parts.append(struct.pack(f"<{rank}QQQ", *source.shape, offset, size))
        offset = align(offset + size)
    return b"".join(parts)
