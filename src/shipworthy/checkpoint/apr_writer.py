"""Writing an `.apr` v2 file: streamed one tensor at a time, hashed on the way, atomic, deterministic."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..atomic import replacing
from ..errors import UsageError
from .apr_format import (
    CHECKSUM_AT,
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

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np

    from .tokenizer import TokenizerSpec


@dataclass(frozen=True)
class TensorSource:
    """A tensor to write: its stored dtype (F32, F16 or BF16), its shape, and how to get its float32 values.

    `load` is called once, when the tensor's turn comes, and its result is not kept.
    """

    dtype: str
    shape: tuple[int, ...]
    load: Callable[[], np.ndarray]


def write_apr(
    path: Path,
    *,
    metadata: Mapping[str, Any],
    tensors: Mapping[str, TensorSource],
    tokenizer: TokenizerSpec | None,
) -> str:
    """Write a whole file or none, and return its lower-case hex SHA-256.

    The same input gives the same bytes. `path` may be the file that the tensors are mapped from.
    Raises UsageError (a dtype, name, shape or value that cannot be written), FileError metadata-size and
    unwritable.
    """
    # Here, so that what only reads does not wait for its import.
    from concurrent.futures import ThreadPoolExecutor

    stated = {**metadata, **(tokenizer.to_apr() if tokenizer is not None else {})}
    named = sorted(((name.encode(), source) for name, source in tensors.items()), key=lambda pair: pair[0])
    index = encode_index(named)
    body = encode_metadata(stated, path=path)
    index_at = align(HEADER_SIZE + len(body))
    flags = LAYOUT_ROW_MAJOR | (HAS_VOCAB if "tokenizer.vocabulary" in stated else 0)
    header = _header(flags, len(named), len(body), index_at, align(index_at + len(index)))
    with replacing(path) as stream, ThreadPoolExecutor(1) as worker:
        out = _Hashed(stream, worker)
        for section in (header, body, index):
            out.write(section)
            out.pad()
        for name, source in named:
            out.write(_values(name.decode(), source))
            out.pad()
        out.write(struct.pack("<I", out.crc))
    return out.sha256.hexdigest()


class _Hashed:
    """A stream that keeps the CRC-32 and SHA-256 of what passes through it, hashing while it writes."""

    def __init__(self, stream: BinaryIO, worker: Executor) -> None:
        self.stream = stream
        self.worker = worker
        self.crc = 0
        self.sha256 = hashlib.sha256()
        self.position = 0

    def write(self, data: bytes | memoryview) -> None:
        hashing = self.worker.submit(self._hash, data)
        self.stream.write(data)
        hashing.result()
        self.position += len(data)

    def _hash(self, data: bytes | memoryview) -> None:
        self.crc = zlib.crc32(data, self.crc)
        self.sha256.update(data)

    def pad(self) -> None:
        self.write(bytes(align(self.position) - self.position))


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
        if source.dtype not in WRITABLE:
            message = f"{name.decode()} cannot be written as {source.dtype}"
            raise UsageError("dtype-not-writable", message, fix=f"use {', '.join(WRITABLE)}")
        rank = len(source.shape)
        if rank > MAX_RANK:
            raise UsageError("tensor-rank", f"{name.decode()} has {rank} dimensions, at most {MAX_RANK}")
        code = WRITABLE[source.dtype]
        size = DTYPES[code].size(source.shape)
        parts.append(struct.pack("<H", len(name)) + name + bytes((code, rank)))
        parts.append(struct.pack(f"<{rank}QQQ", *source.shape, offset, size))
        offset = align(offset + size)
    return b"".join(parts)


def _values(name: str, source: TensorSource) -> memoryview:
    from .encode import encode

    values = source.load()
    if values.shape != source.shape or values.dtype != "float32":
        message = (
            f"{name} was announced as float32 {list(source.shape)}"
            f" and loaded as {values.dtype} {list(values.shape)}"
        )
        raise UsageError("tensor-shape", message)
    return encode(values, source.dtype, name)
