"""A bundle: the directory that one dispatch leaves behind, whole or not at all.

<UTC>-<subject12>/
  statement.json       names the SHA-256 of every file below
  contracts/  registration.yaml  release.yaml  host.yaml  measurements/  logs/  environment.json
  statement.dsse.json  vsa.dsse.json    where it is signed
  manifest.json        SHA-256 and size of every other file, written last
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..atomic import fsync_directory, make_directories
from ..canonical import sha256_bytes, sha256_json
from ..errors import FileError
from .binding import STATEMENT, check_binding
from .files import MANIFEST, name_problem, parsed, read_files
from .predicate import predicate_problem
from .statement import statement_problem

PARTIAL = ".partial"
_NUMBERED = re.compile(r"(\d{8}T\d{6}Z-[0-9a-f]{12})-(\d+)\Z")


@dataclass(frozen=True)
class Bundle:
    """A bundle whose manifest was checked against its files."""

    path: Path
    statement: Mapping[str, Any]

    @property
    def predicate(self) -> Mapping[str, Any]:
        """What the dispatch found."""
        predicate: Mapping[str, Any] = self.statement["predicate"]
        return predicate

    @property
    def identity(self) -> str:
        """SHA-256 of what it states, which is what makes it this dispatch: its name and manifest do not."""
        try:
            return sha256_json(self.statement)
        except ValueError:
            # An integer beyond 2^53 has no canonical form; no signed statement holds one.
            return sha256_bytes(json.dumps(self.statement, sort_keys=True).encode())

    @property
    def refused(self) -> str:
        """Why the subject was refused before any gate ran, or an empty string where gates ran."""
        refusal = self.predicate.get("refused")
        return f"{refusal['message']} [{refusal['code']}]" if refusal else ""


def bundle_name(started: datetime, subject_digest: str) -> str:
    """`20260515T214435Z-0f3a9c0d1e2f`; `started` is in UTC."""
    return f"{started:%Y%m%dT%H%M%SZ}-{subject_digest[:12]}"


def json_bytes(value: Any) -> bytes:
    """JSON as a bundle keeps it: indented, keys sorted, a newline at the end. Raises ValueError on NaN.

    Half of a surrogate pair, which a file name or hostile metadata can hold, stays as its JSON escape.
    """
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace") + b"\n"


def write_bundle(root: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write `files` (relative path to bytes) as the bundle `root/name` and return its path.

    Everything is written beside and made durable, the manifest last, then renamed. A crash leaves nothing
    under the name. Where the name is taken, `-2`, `-3`, ... is added: nothing is ever overwritten.
    Raises ValueError for a path that is absolute or climbs out. No ledger is told; `record_bundle` does.
    """
    with written_beside(root, name, files) as partial:
        return place_bundle(partial, root, name)


@contextmanager
def written_beside(root: Path, name: str, files: Mapping[str, bytes]) -> Iterator[Path]:
    """A directory that holds the whole bundle, durable, under a name that is none yet.

    It is locked while the block lasts, so that others know it from what a crash left, and is gone afterwards
    unless the block placed it.
    """
    make_directories(root)
    partial = root / f".{name}.{secrets.token_hex(4)}{PARTIAL}"
    partial.mkdir()
    try:
        with locked_directory(partial):
            _fill(partial, files)
            yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def locked_directory(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a directory that is being written. Without `wait` raises BlockingIOError where another does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def _fill(partial: Path, files: Mapping[str, bytes]) -> None:
    entries = {}
    for relative, data in sorted(files.items()):
        _check_relative(relative)
        _write(partial / relative, data)
        entries[relative] = {"sha256": sha256_bytes(data), "size": len(data)}
    _write(partial / MANIFEST, json_bytes({"files": entries}))
    for directory in sorted({path.parent for path in partial.rglob("*")} | {partial}):
        fsync_directory(directory)


def place_bundle(partial: Path, root: Path, name: str) -> Path:
    """Give a whole bundle its name, or the first of `-2`, `-3`, ... that is free, and return its path."""
    number = 1
    while True:
        final = root / (name if number == 1 else f"{name}-{number}")
        try:
            partial.rename(final)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            number += 1
            continue
        fsync_directory(root)
        return final


def _check_relative(relative: str) -> None:
    if name_problem(relative) or relative == MANIFEST:
        raise ValueError(f"{relative!r} cannot be a file of a bundle")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def read_bundle(path: Path) -> Bundle:
    """Read a bundle, check every file against the manifest, and the statement against every file.

    Raises FileError: what `read_files` and `check_binding` raise, `no-statement`, `bad-statement`.
    """
    return read_whole(path)[0]


def read_whole(path: Path) -> tuple[Bundle, dict[str, bytes]]:
    """As `read_bundle`, together with the files by relative name: the bytes that were checked."""
    files = read_files(path)
    return check_whole(path, files), files


def check_whole(path: Path, files: Mapping[str, bytes]) -> Bundle:
    """The bundle that files are, whose digests the manifest states; `path` is for messages.

    Raises FileError as `read_bundle` does.
    """
    if STATEMENT not in files:
        raise FileError("no-statement", "is not among the files of the bundle", path=path / STATEMENT)
    statement = parsed(files[STATEMENT], path / STATEMENT)
    if problem := statement_problem(statement) or predicate_problem(statement["predicate"]):
        raise FileError(
            "bad-statement", f"is not the statement of a bundle: {problem}", path=path / STATEMENT
        )
    subject = statement["predicate"]["subject"]
    if statement["subject"] != [{"name": subject["name"], "digest": {"sha256": subject["sha256"]}}]:
        message = "speaks of another subject than the dispatch that it describes"
        raise FileError("foreign-subject", message, path=path / STATEMENT)
    check_binding(path, statement, files)
    return Bundle(path, statement)


def list_bundles(root: Path) -> list[Path]:
    """The bundles under a directory, oldest first.

    A directory that is still being written is none, nor is one that holds neither statement nor manifest. One
    that is only called so, as NAME.partial, is one.
    """
    if not root.is_dir():
        return []
    found = (
        p
        for p in root.iterdir()
        if p.is_dir()
        and not is_partial(p)
        and ((p / "manifest.json").exists() or (p / "statement.json").exists())
    )
    return sorted(found, key=bundle_order)


def is_partial(path: Path) -> bool:
    """Whether a directory bears the name of a bundle that is being written, or never got its own name."""
    return path.name.startswith(".") and path.name.endswith(PARTIAL) and path.is_dir()


def bundle_order(path: Path) -> tuple[str, int, str]:
    """Sorts bundles by the time they began; of one name `-2` before `-10`."""
    match = _NUMBERED.match(path.name)
    return (match[1], int(match[2]), path.name) if match else (path.name, 1, path.name)
