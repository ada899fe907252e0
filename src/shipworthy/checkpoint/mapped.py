"""A file mapped into memory, read only within its bounds, that outlives the views taken of it."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import stat
from pathlib import Path

from ..errors import FileError

_CHUNK = 1 << 22


class MappedFile:
    """A regular, non-empty file mapped read-only.

    Views keep the mapping alive after `close`, and keep the bytes of the file that was opened even where
    another file has since been renamed onto its path.
    Raises FileError: no-such-file, not-a-file, unreadable, empty-file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        descriptor = _open(path)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FileError("not-a-file", "this is not a regular file", path=path)
            if status.st_size == 0:
                raise FileError("empty-file", "the file is empty", path=path, offset=0, fix="write it again")
            self.size = status.st_size
            self.closed = False
            self.map = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)

    def view(self, start: int, end: int) -> memoryview:
        """Bytes [start, end). Raises FileError truncated, changed-while-open, closed."""
        if self.closed:
            raise FileError("closed", "the checkpoint was closed", path=self.path, fix="open it again")
        if not 0 <= start <= end <= self.size:
            message = f"bytes {start}..{end} are asked for, and the file has {self.size}"
            raise FileError("truncated", message, path=self.path, offset=min(start, self.size))
        # A mapped page past the end of a file that shrank kills the process when touched.
        if self.map.size() < self.size:
            message = f"the file had {self.size} bytes when opened and has {self.map.size()} now"
            raise FileError("changed-while-open", message, path=self.path, fix="open it again")
        return memoryview(self.map)[start:end]

    def sha256(self) -> str:
        """Lower-case hex SHA-256 of the bytes of the file that was opened."""
        digest = hashlib.sha256()
        for start in range(0, self.size, _CHUNK):
            digest.update(self.view(start, min(start + _CHUNK, self.size)))
        return digest.hexdigest()

    def close(self) -> None:
        """Unmap, or leave that to the last view where views are still held."""
        self.closed = True
        try:
            self.map.close()
        except BufferError:
            return


def _open(path: Path) -> int:
    # O_NONBLOCK: opening a named pipe must not wait for a writer.
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise FileError("no-such-file", "there is no such file or directory", path=path) from None
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO)
        raise FileError("unreadable", f"the file cannot be opened: {reason}", path=path) from None
