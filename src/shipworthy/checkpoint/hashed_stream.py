"""A stream that knows the CRC-32 and the SHA-256 of what passes through it, computed while it is written."""

from __future__ import annotations

import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, Self

_PIECE = 1 << 22
_INLINE = 1 << 16
"""Bytes below which handing a piece to another thread costs more than hashing it."""


class HashedStream:
    """A context manager around a binary stream. A piece may be reused once `write` has returned.

    SHA-256 runs in a thread of its own beside CRC-32 and the writing: all three release the interpreter.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.position = 0
        self.crc = 0
        self._stream = stream
        self._sha256 = hashlib.sha256()
        self._worker = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._worker.shutdown()

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
        if len(data) < _INLINE:
            self._sha256.update(data)
            self._stream.write(data)
            self.crc = zlib.crc32(data, self.crc)
        else:
            hashing = self._worker.submit(self._sha256.update, data)
            self._stream.write(data)
            self.crc = zlib.crc32(data, self.crc)
            hashing.result()
        self.position += len(data)
