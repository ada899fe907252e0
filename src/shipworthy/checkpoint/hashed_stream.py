"""A stream that knows the CRC-32 and the SHA-256 of what passes through it, computed while it is written."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Self

from deflate import crc32

_PIECE = 1 << 22
_INLINE = 1 << 16
"""Bytes below which handing a piece to another thread costs more than hashing it."""
_FLUSHED_AT_ONCE = 1 << 26
"""Bytes after which the disk is set to work, so that the fsync at the end waits for little."""


class HashedStream:
    """A context manager around a file open for writing. A piece may be reused once `write` has returned.

    SHA-256, the slowest, runs in a thread of its own beside the writing; the disk is busy beside both.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.position = 0
        self.crc = 0
        self._stream = stream
        self._sha256 = hashlib.sha256()
        self._hasher = ThreadPoolExecutor(1)
        self._flusher = ThreadPoolExecutor(1)
        self._flushing: Future[None] | None = None
        self._flushed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._hasher.shutdown()
        self._flusher.shutdown()
        if self._flushing is not None and error[0] is None:
            self._flushing.result()

    def write(self, data: bytes | memoryview) -> None:
        """Write and hash all of `data`. Raises OSError as the stream does."""
        whole = memoryview(data)
        for start in range(0, len(whole), _PIECE):
            self._write(whole[start : start + _PIECE])

    def pad(self, alignment: int) -> None:
        """Zeros up to the next multiple of `alignment`."""
        self.write(bytes(-self.position % alignment))

    def sha256(self) -> str:
        """Lower-case hex SHA-256 of all that was written."""
        return self._sha256.hexdigest()

    def _write(self, data: memoryview) -> None:
        hashing = None
        if len(data) < _INLINE:
            self._sha256.update(data)
        else:
            hashing = self._hasher.submit(self._sha256.update, data)
        self._stream.write(data)
        self.crc = crc32(data, self.crc)
        self.position += len(data)
        self._flush()
        if hashing is not None:
            hashing.result()

    def _flush(self) -> None:
        if self.position - self._flushed < _FLUSHED_AT_ONCE:
            return
        if self._flushing is not None:
            if not self._flushing.done():
                return
            self._flushing.result()
        self._flushed = self.position
        self._flushing = self._flusher.submit(os.fdatasync, self._stream.fileno())
