"""A file read by position within its bounds; a file that is cut or changed meanwhile is named.

Every bulk reading goes through `pread` into a buffer of one's own: touching a mapped page past the end of a
file that shrank would kill the process (SIGBUS), a short read is an error that can be told.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import stat
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..digest_cache import known_sha256, remember_sha256
from ..errors import FileError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 1 << 20
"""Bytes of a piece of `chunks`: large enough to amortize a call, small enough to stay in cache."""


class FileBytes:
    """A regular, non-empty file, open for reading.

    What was opened stays readable where another file has since been renamed onto its path. `descriptor` is
    an open one to take over, such as that of a file in memory.
    Raises FileError: no-such-file, not-a-file, unreadable, empty-file.
    """

    def __init__(self, path: Path, descriptor: int | None = None) -> None:
        self.path = path
        self._descriptor = _open(path) if descriptor is None else descriptor
        self._closing = weakref.finalize(self, os.close, self._descriptor)
        self._map: mmap.mmap | None = None
        try:
            status = os.fstat(self._descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileError("not-a-file", "this is not a regular file", path=path)
            if status.st_size == 0:
                raise FileError("empty-file", "the file is empty", path=path, offset=0, fix="write it again")
        except BaseException:
            self._closing()
            raise
        self.size = status.st_size
        self._modified = status.st_mtime_ns

    def read(self, start: int, end: int) -> bytes:
        """Bytes [start, end). Raises FileError truncated, changed-while-open, closed."""
        self._check_range(start, end)
        data = os.pread(self._descriptor, end - start, start)
        if len(data) == end - start:
            return data
        # The kernel reads at most 2 GiB at once.
        buffer = bytearray(end - start)
        self.read_into(start, buffer)
        return bytes(buffer)

    def read_into(self, start: int, buffer: WriteableBuffer) -> None:
        """Fill a writable, contiguous buffer with the bytes from `start` on. Raises as `read` does."""
        left = memoryview(buffer).cast("B")
        self._check_range(start, start + len(left))
        while left:
            count = os.preadv(self._descriptor, [left], start)
            if count == 0:
                raise self._changed(os.fstat(self._descriptor).st_size)
            start += count
            left = left[count:]

    def chunks(self, start: int, end: int) -> Iterator[memoryview]:
        """Bytes [start, end) in consecutive pieces of a reused buffer, each valid until the next."""
        self._check_range(start, end)
        buffer = memoryview(bytearray(min(CHUNK, end - start)))
        for at in range(start, end, CHUNK):
            piece = buffer[: min(CHUNK, end - at)]
            self.read_into(at, piece)
            yield piece

    def mapped(self, start: int, end: int) -> memoryview:
        """Bytes [start, end) without a copy, read-only; they stay valid after `close`.

        The size is checked now. Nothing can make the touch of a mapped byte safe if the file is cut later:
        use `read` or `chunks` on a file that others may write.
        """
        self._check_range(start, end)
        self.check_unchanged()
        if self._map is None:
            self._map = mmap.mmap(self._descriptor, self.size, access=mmap.ACCESS_READ)
        return memoryview(self._map)[start:end]

    def sha256(self) -> str:
        """Lower-case hex SHA-256 of the bytes of the file that was opened."""
        digest = hashlib.sha256()
        for piece in self.chunks(0, self.size):
            digest.update(piece)
        self.check_unchanged()
        remember_sha256(os.fstat(self._descriptor), digest.hexdigest())
        return digest.hexdigest()

    def known_sha256(self) -> str | None:
        """The SHA-256 that is remembered for this very file, or None: see `digest_cache`."""
        self._check_range(0, 0)
        return known_sha256(os.fstat(self._descriptor))

    def check_unchanged(self) -> None:
        """Raises FileError changed-while-open where size or time of modification are not those at opening."""
        self._check_range(0, 0)
        status = os.fstat(self._descriptor)
        if (status.st_size, status.st_mtime_ns) != (self.size, self._modified):
            raise self._changed(status.st_size)

    def close(self) -> None:
        """Close the file; mapped views that are still held keep their mapping."""
        self._closing()
        self._map = None

    def _check_range(self, start: int, end: int) -> None:
        if not self._closing.alive:
            raise FileError("closed", "the checkpoint was closed", path=self.path, fix="open it again")
        if not 0 <= start <= end <= self.size:
            message = f"bytes {start}..{end} are asked for, and the file has {self.size}"
            raise FileError("truncated", message, path=self.path, offset=max(0, min(start, self.size)))

    def _changed(self, size: int) -> FileError:
        was = "other content" if size == self.size else f"{self.size} bytes"
        message = f"the file had {was} when opened and has {size} bytes now: it was written meanwhile"
        return FileError("changed-while-open", message, path=self.path, fix="open it again when it is whole")


def _open(path: Path) -> int:
    # O_NONBLOCK: opening a named pipe must not wait for a writer.
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise FileError("no-such-file", "there is no such file or directory", path=path) from None
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        raise FileError("unreadable", f"the file cannot be opened: {reason}", path=path) from None
