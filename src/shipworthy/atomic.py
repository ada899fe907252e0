"""Writes that a crash leaves whole or absent: beside, fsync, rename, fsync of the directory."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from .errors import FileError


def fsync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def refusing_unwritable(path: Path) -> Iterator[None]:
    """Within the block an operating system's refusal becomes FileError `unwritable`, naming `path`."""
    try:
        yield
    except OSError as error:
        message = f"the file cannot be written: {error.strerror or error}"
        raise FileError("unwritable", message, path=path, fix="free space or choose another place") from error


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A binary stream that becomes `path` when the block ends without an error, and vanishes otherwise.

    A link is followed, not replaced. Directories made on the way vanish with the stream. Without `durable` a
    power cut may lose what was written. Raises FileError `unwritable`, also where `path` is, or leads to,
    what is there and no regular file.
    """
    made: list[Path] = []
    with refusing_unwritable(path):
        _refuse_what_is_no_file(path)
        path = path.resolve() if path.is_symlink() else path
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            _make_directories(path.parent, made)
            with beside.open("w+b") as stream:
                yield stream
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            beside.replace(path)
            if durable:
                fsync_directory(path.parent)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            _remove_empty(made)
            raise


@contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """A new directory that becomes `path` when the block ends without an error, and vanishes otherwise.

    `path` is not there, or is an empty directory. Raises FileError `unwritable`.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    made: list[Path] = []
    with refusing_unwritable(path):
        try:
            _make_directories(path.parent, made)
            beside.mkdir()
            yield beside
            fsync_directory(beside)
            beside.replace(path)
            fsync_directory(path.parent)
        except BaseException as error:
            shutil.rmtree(beside, ignore_errors=True)
            _remove_empty(made)
            if isinstance(error, FileError) and error.path.parent == beside:
                # Named as it would have been, not as it was while it was being written.
                raise FileError(
                    error.code, error.message, path=path / error.path.name, fix=error.fix
                ) from error
            raise


def _refuse_what_is_no_file(path: Path) -> None:
    # A name that is renamed onto is gone: /dev/null must not become a checkpoint.
    if path.name in ("", "..") or (path.exists() and not path.is_file()):
        message = "there is a directory, a device or a pipe, not a file that can be replaced"
        raise FileError("unwritable", message, path=path, fix="name a new file")


def make_directories(directory: Path) -> list[Path]:
    """Make a directory and those above it durably; returns what was not there, outermost first."""
    made: list[Path] = []
    _make_directories(directory, made)
    return made


def _make_directories(directory: Path, made: list[Path]) -> None:
    """Make a directory and those above it; `made` is given what was not there, outermost first."""
    absent = []
    while not directory.exists() and directory != directory.parent:
        absent.append(directory)
        directory = directory.parent
    for missing in reversed(absent):
        missing.mkdir(exist_ok=True)
        made.append(missing)
        # A name is durable when the directory that holds it is.
        fsync_directory(missing.parent)


def _remove_empty(made: list[Path]) -> None:
    """Take away the directories that were made, up to one in which something else lies by now."""
    with suppress(OSError):
        for directory in reversed(made):
            directory.rmdir()


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a whole file atomically."""
    with replacing(path, durable=durable) as stream:
        stream.write(data)


def write_json(path: Path, value: Any) -> None:
    """Write strict JSON, indented, keys in the order given, with a newline at the end."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_bytes(path, text.encode() + b"\n")
