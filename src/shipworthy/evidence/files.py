"""The files of a bundle as a stranger's directory gives them: regular, small enough, named without tricks.

Every file is opened once and read once. What is hashed is what is parsed, whatever becomes of the directory
meanwhile.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from ..canonical import sha256_bytes, strict_loads
from ..errors import FileError
from ..regular_files import read_descriptor

MANIFEST = "manifest.json"
MOST_FILES = 10_000
MOST_BYTES = 1 << 28
"""Of one file, and of all together: a hole may claim any size."""
MOST_JSON = 1 << 26
"""Bytes of a JSON file that is parsed: some twenty times as many in memory."""
_DEEPEST = 16
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_files(path: Path) -> dict[str, bytes]:
    """Every file of a bundle by its relative name, checked against the manifest, which is among them.

    Raises FileError: `no-manifest`, `bad-json`, `bad-name`, `name-collision`, `link`, `not-a-file`,
    `too-many-files`, `too-deep`, `too-large`, `file-missing`, `file-added`, `digest-differs`, `unreadable`.
    """
    manifest = _read(path / MANIFEST, absent="no-manifest")
    entries = _entries(parsed(manifest, path / MANIFEST), path / MANIFEST)
    present = dict.fromkeys(_walk(path, "", 0))
    for name in sorted(entries.keys() - present):
        raise FileError("file-missing", "is in the manifest and not there", path=path / name)
    for name in sorted(present.keys() - entries.keys() - {MANIFEST}):
        raise FileError("file-added", "is there and not in the manifest", path=path / name)
    if sum(size for _, size in entries.values()) > MOST_BYTES:
        raise FileError("too-large", f"claims more than {MOST_BYTES} bytes", path=path)
    files = {MANIFEST: manifest}
    for name, (digest, size) in entries.items():
        data = _read(path / name, size=size)
        hold_against(digest, size, data, path / name)
        files[name] = data
    return files


def hold_against(digest: str, size: int, data: bytes, path: Path) -> None:
    """Raises FileError `digest-differs` unless the bytes are those that a manifest names."""
    if len(data) != size or sha256_bytes(data) != digest:
        raise FileError("digest-differs", "is not the file that the manifest names", path=path)


def parsed(data: bytes, path: Path) -> Any:
    """The value of a JSON file. Raises FileError `bad-json`, `too-large`."""
    if len(data) > MOST_JSON:
        raise FileError("too-large", f"is JSON of more than {MOST_JSON} bytes", path=path)
    try:
        # Bytes that begin otherwise may be UTF-16 or carry a byte order mark, which json.loads takes.
        return strict_loads(data.decode("utf-8"))
    except ValueError as error:
        raise FileError("bad-json", f"is not strict JSON: {error}", path=path) from error


def name_problem(name: str) -> str:
    """Why a relative name cannot be a file of a bundle, or an empty string where it can."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        return "leads out of the bundle"
    if str(PurePosixPath(name)) != name or "\\" in name:
        return "is not written as a plain relative path"
    if not name.isprintable() or unicodedata.normalize("NFC", name) != name:
        return "has a character that is hidden, or is written in another normal form than NFC"
    return ""


def _entries(manifest: Any, path: Path) -> dict[str, tuple[str, int]]:
    try:
        entries = {name: (entry["sha256"], entry["size"]) for name, entry in manifest["files"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise FileError("bad-json", "is not a manifest", path=path) from error
    spelled: dict[str, str] = {}
    for name, (digest, size) in entries.items():
        if not isinstance(digest, str) or type(size) is not int or size < 0:
            raise FileError("bad-json", f"is not a manifest: {name!r}", path=path)
        if problem := name_problem(name) or ("is the manifest itself" if name == MANIFEST else ""):
            raise FileError("bad-name", f"names {name!r}, which {problem}", path=path)
        other = spelled.setdefault(unicodedata.normalize("NFKC", name).casefold(), name)
        if other != name:
            message = f"names {name!r} and {other!r}, which are one file on some systems"
            raise FileError("name-collision", message, path=path)
    return entries


def _walk(folder: Path, within: str, depth: int) -> Iterator[str]:
    """The relative names, which begin with `within`, of all regular files, and of directories that hold
    nothing; the rest is refused."""
    if depth > _DEEPEST:
        raise FileError("too-deep", f"lies more than {_DEEPEST} directories deep", path=folder)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise FileError("unreadable", f"cannot be listed: {error.strerror}", path=folder) from error
    if len(entries) > MOST_FILES:
        raise FileError("too-many-files", f"holds more than {MOST_FILES} files", path=folder)
    if not entries and depth:
        yield within
    for entry in entries:
        if entry.is_symlink():
            raise FileError("link", "is a link; a bundle holds its files itself", path=Path(entry.path))
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{within}{entry.name}/", depth + 1)
        elif entry.is_file(follow_symlinks=False):
            yield f"{within}{entry.name}"
        else:
            raise FileError("not-a-file", "is a pipe, a socket or a device", path=Path(entry.path))


def _read(path: Path, *, size: int | None = None, absent: str = "unreadable") -> bytes:
    """The bytes of a regular file, at most one more than `size`; never waits for the other end of a pipe."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise FileError(absent, f"cannot be read: {error.strerror}", path=path) from error
    try:
        return read_descriptor(descriptor, path, MOST_BYTES, size=size)
    finally:
        os.close(descriptor)
