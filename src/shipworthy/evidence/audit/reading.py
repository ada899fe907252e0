"""Reading a directory that a stranger made: regular files of a bearable size, no link, no waiting."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..binding import STATEMENT
from ..files import MANIFEST
from .finding import NotRead

MAX_BYTES = 8 << 20
MAX_FILES = 10_000
MAX_DEPTH = 16
_KINDS = {
    stat.S_IFLNK: "is a link, which could lead anywhere",
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}


@dataclass(frozen=True)
class Source:
    """A file's path relative to the audited directory, and its bytes.

    `bundle` is the path of a bundle, and `inner` are the paths of the files in it.
    """

    file: str
    data: bytes
    bundle: Path | None = None
    inner: tuple[str, ...] = ()


def read_directory(root: Path) -> tuple[list[Source], list[NotRead]]:
    """Every file below a directory in order of name, and what was not read. Raises OSError for `root` itself.

    A bundle of shipworthy's is one source, named by its directory: its manifest accounts for what is in it.
    """
    sources: list[Source] = []
    left: list[NotRead] = []
    if _is_bundle(root):
        return [Source(".", b"", root, _inner(root, root))], left
    _walk(root, root, 0, sources, left)
    return sources, left


def _is_bundle(directory: Path) -> bool:
    return all((directory / name).is_file() for name in (MANIFEST, STATEMENT))


def _inner(root: Path, bundle: Path) -> tuple[str, ...]:
    """The files of a bundle, as many as are looked at anywhere."""
    paths = (Path(folder, name) for folder, _, names in os.walk(bundle) for name in names)
    return tuple(path.relative_to(root).as_posix() for path in islice(paths, MAX_FILES))


def _walk(root: Path, directory: Path, depth: int, sources: list[Source], left: list[NotRead]) -> None:
    for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
        path = Path(entry.path)
        name = path.relative_to(root).as_posix()
        if len(sources) + len(left) >= MAX_FILES:
            left.append(NotRead(name, f"comes after {MAX_FILES} others, and so does what follows it"))
            return
        try:
            if not entry.is_dir(follow_symlinks=False):
                _file(path, name, sources, left)
            elif _is_bundle(path):
                sources.append(Source(name, b"", path, _inner(root, path)))
            elif depth >= MAX_DEPTH:
                left.append(NotRead(name, f"lies deeper than {MAX_DEPTH} directories"))
            else:
                _walk(root, path, depth + 1, sources, left)
        except OSError as error:
            left.append(NotRead(name, f"cannot be read: {error.strerror}"))


def _file(path: Path, name: str, sources: list[Source], left: list[NotRead]) -> None:
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        left.append(NotRead(name, _KINDS.get(stat.S_IFMT(mode), "is no regular file")))
        return
    # Between lstat and here a pipe may have taken its place, which would be waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        size = os.fstat(descriptor).st_size
        if size > MAX_BYTES:
            left.append(NotRead(name, f"has {size} bytes, more than the {MAX_BYTES} that a receipt may have"))
            return
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        left.append(NotRead(name, f"grew beyond {MAX_BYTES} bytes while it was read"))
    else:
        sources.append(Source(name, data))
