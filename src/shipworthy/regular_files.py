"""Small files that a stranger may have put there: bounded, never a device, never waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import FileError

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def read_regular(path: Path, most: int, *, absent: str = "unreadable", follow: bool = True) -> bytes:
    """The bytes of a regular file of at most `most` bytes. Without `follow` a link is not opened.

    Raises FileError: `absent` where it cannot be opened, `not-a-file`, `too-large`.
    """
    try:
        descriptor = os.open(path, _FLAGS | (0 if follow else os.O_NOFOLLOW))
    except OSError as error:
        raise FileError(absent, f"cannot be read: {error.strerror}", path=path) from error
    try:
        return read_descriptor(descriptor, path, most)
    finally:
        os.close(descriptor)


def read_descriptor(descriptor: int, path: Path, most: int, *, size: int | None = None) -> bytes:
    """The bytes from the beginning of an open file; `path` is for messages. A hole may claim any size.

    Raises FileError: `not-a-file`, `too-large`, `digest-differs` where it has another size than `size`.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise FileError("not-a-file", "is not a regular file", path=path)
    if size is not None and status.st_size != size:
        raise FileError("digest-differs", "has another size than the manifest says", path=path)
    if status.st_size > most:
        raise FileError("too-large", f"is larger than {most} bytes", path=path)
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        stream.seek(0)
        return stream.read(status.st_size + 1)
