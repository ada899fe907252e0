"""A stream that knows the CRC-32 and the SHA-256 of what passes through it, computed while it is written."""

from __future__ import annotations

import ctypes
import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, Self

from deflate import crc32

_PIECE = 1 << 20
_INLINE = 1 << 16
"""Bytes below which handing them to another thread costs more than hashing them."""
_BEHIND = 32
"""Pieces by which the hashing may lag: as much of tensors that are made for the save is in memory."""
_BEGUN_AT_ONCE = 1 << 23
"""Bytes after which the disk is set to work, so that the fsync at the end waits for little."""
_SYNC_FILE_RANGE_WRITE = 2


class HashedStream:
    """A context manager around a file open for writing.

    SHA-256, the slowest, runs in a thread of its own beside the writing; the disk is busy beside both.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.position = 0
        self.crc = 0
        self._stream = stream
        self._sha256 = hashlib.sha256()
        self._hasher = ThreadPoolExecutor(1)
        self._behind: deque[Future[None]] = deque()
        self._begun = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._hasher.shutdown()

    def write(self, data: bytes | memoryview, *, kept: bool = False) -> None:
        """Write and hash all of `data`. Raises OSError as the stream does.

        Where `data` is `kept`, it must not change before `sha256`; it may be reused at once where it is not.
        """
        whole = memoryview(data)
        if len(whole) < _INLINE and not self._behind:
            self._sha256.update(whole)
            self._write(whole)
            return
        for start in range(0, len(whole), _PIECE):
            piece = whole[start : start + _PIECE]
            self._behind.append(self._hasher.submit(self._sha256.update, piece))
            self._write(piece)
            self._catch_up(_BEHIND)
        if not kept:
            self._catch_up(0)

    def pad(self, alignment: int) -> None:
        """Zeros up to the next multiple of `alignment`."""
        self.write(bytes(-self.position % alignment), kept=True)

    def sha256(self) -> str:
        """Lower-case hex SHA-256 of all that was written."""
        self._catch_up(0)
        return self._sha256.hexdigest()

    def _catch_up(self, behind: int) -> None:
        while len(self._behind) > behind:
            self._behind.popleft().result()

    def _write(self, piece: memoryview) -> None:
        self._stream.write(piece)
        self.crc = crc32(piece, self.crc)
        self.position += len(piece)
        if self.position - self._begun >= _BEGUN_AT_ONCE:
            _begin_writing(self._stream, self._begun, self.position)
            self._begun = self.position


def _begin_writing(stream: BinaryIO, start: int, end: int) -> None:
    """Have the kernel begin to write what is there; it waits only where the disk's queue is full. A hint, so
    that no answer counts: what the disk refuses is what the fsync at the end raises."""
    call = getattr(ctypes.CDLL(None), "sync_file_range", None)  # Linux has it
    if call is not None:
        stream.flush()
        span = (ctypes.c_longlong(start), ctypes.c_longlong(end - start))
        call(stream.fileno(), *span, ctypes.c_uint(_SYNC_FILE_RANGE_WRITE))
