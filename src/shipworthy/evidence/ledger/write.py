"""Appending to a ledger under a lock, so that each bundle is recorded once, whoever else writes.

A bundle is made durable beside, and gets its name and its line while the ledger is locked. So a bundle that
another process finds without a line is what a crash left, and is recorded as `found`; so is one that was
whole and had not yet got its name. A line that was torn is finished where it is all there, else cut off: its
bundle has its name by then, and is recorded again.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ...atomic import fsync_directory, make_directories, refusing_unwritable
from ...canonical import sha256_bytes
from ...errors import FileError
from ...regular_files import read_descriptor, read_regular
from ..bundle import (
    PARTIAL,
    Bundle,
    list_bundles,
    locked_directory,
    place_bundle,
    read_bundle,
    written_beside,
)
from ..files import MANIFEST, MOST_JSON
from .chain import Ledger, read_lines
from .entry import Entry, Recorded, line_digest, parse_line

LEDGER = "ledger.jsonl"
MOST_LEDGER = 1 << 26
"""Bytes: some 150,000 dispatches."""
_INTERRUPTED = re.compile(r"\.(.+)\.[0-9a-f]{8}" + re.escape(PARTIAL) + r"\Z")


def read_ledger(root: Path) -> Ledger:
    """The ledger of a directory of evidence, or the ledger that is named, its lines checked.

    Raises FileError: `no-ledger`, `too-large`, or a code of `read_lines`. Waits for who is appending.
    """
    with reading(root) as ledger:
        return ledger


@contextmanager
def reading(root: Path) -> Iterator[Ledger]:
    """The same, and while the block lasts nobody appends."""
    path = root if root.is_file() else root / LEDGER
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        message = f"there is no ledger that can be read: {error.strerror}"
        raise FileError("no-ledger", message, path=path, fix="the first dispatch begins one") from error
    try:
        _require_file(descriptor, path)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield read_lines(_read(descriptor, path), path)
    finally:
        os.close(descriptor)


def record_bundle(root: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write a bundle as `write_bundle` does and record it in the ledger beside it; returns its path.

    Raises FileError `unwritable`, or a code of `read_lines`; where the ledger alone is at fault the bundle
    is there all the same.
    """
    with (
        refusing_unwritable(root / name),
        written_beside(root, name, files) as partial,
        _locked(root) as descriptor,
    ):
        path = place_bundle(partial, root, name)
        _append(descriptor, root, path)
        return path


def append(root: Path, bundle: Path) -> Entry:
    """Record a bundle that lies in `root`, and before it those that were found without a line.

    Raises FileError, also `already-recorded` where it has a line.
    """
    with refusing_unwritable(root / LEDGER), _locked(root) as descriptor:
        return _append(descriptor, root, bundle)


def recover(root: Path) -> tuple[Entry, ...]:
    """Bring the ledger of a directory up to what lies in it, and return what was found without a line."""
    with refusing_unwritable(root / LEDGER), _locked(root) as descriptor:
        return _recover(descriptor, root, but=None)[1]


def interrupted(root: Path) -> list[Path]:
    """What crashes left of bundles that were never whole. Nothing deletes it: it may be all there is."""
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if _INTERRUPTED.match(path.name) and not _held(path))


@contextmanager
def _locked(root: Path) -> Iterator[int]:
    make_directories(root)
    path = root / LEDGER
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags, 0o666)
        try:
            _require_file(descriptor, path)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_still(descriptor, path):
                fsync_directory(root)
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether the file that was waited for has the name still: a merged one may have replaced it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


def _require_file(descriptor: int, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise FileError("no-ledger", "is no file", path=path)


def _read(descriptor: int, path: Path) -> bytes:
    return read_descriptor(descriptor, path, MOST_LEDGER)


def _append(descriptor: int, root: Path, bundle: Path) -> Entry:
    ledger, found = _recover(descriptor, root, but=bundle)
    if any(entry.bundle == bundle.name for entry in ledger.entries):
        raise FileError("already-recorded", "has a line in the ledger", path=bundle)
    last = found[-1] if found else None
    previous = (ledger.number, ledger.head) if last is None else (last.number, line_digest(last.line()))
    entry = _entry(read_bundle(bundle), *previous, "dispatch")
    _write(descriptor, [*found, entry])
    return entry


def _recover(descriptor: int, root: Path, *, but: Path | None) -> tuple[Ledger, tuple[Entry, ...]]:
    """The ledger, its torn line mended, and entries for what it lacks, which are written unless `but` is to
    follow them."""
    ledger = _mended(descriptor, root / LEDGER)
    _name_what_was_whole(root)
    recorded = {entry.bundle for entry in ledger.entries}
    there = list_bundles(root)
    left = [path for path in there if path.name not in recorded and path != but]
    known = set(identities([path for path in there if path.name in recorded]).values()) if left else set()
    found: list[Entry] = []
    number, head = ledger.number, ledger.head
    for path in left:
        # One that does not verify was altered, or never was a bundle; `shipworthy ledger` names it, and a
        # copy of one that has a line.
        with suppress(FileError, ValueError):
            bundle = read_bundle(path)
            if bundle.identity in known and not bundle.refused:
                continue
            entry = _entry(bundle, number, head, "found")
            number, head = entry.number, line_digest(entry.line())
            known.add(bundle.identity)
            found.append(entry)
    if but is None and found:
        _write(descriptor, found)
    return ledger, tuple(found)


def identities(paths: Iterable[Path]) -> dict[Path, str]:
    """What each bundle is by its statement. Those that do not read have no entry, nor have refusals, which
    hold no verdicts: two of one second may be alike."""
    found = {}
    for path in paths:
        with suppress(FileError):
            bundle = read_bundle(path)
            if not bundle.refused:
                found[path] = bundle.identity
    return found


def _mended(descriptor: int, path: Path) -> Ledger:
    """The ledger, its torn line finished or cut off; one whose whole lines are refused is not touched."""
    data = _read(descriptor, path)
    ledger = read_lines(data, path)
    if not ledger.torn:
        return ledger
    try:
        finished = read_lines(data + b"\n", path)
    except FileError:
        os.ftruncate(descriptor, len(data) - ledger.torn)
        os.fsync(descriptor)
        return ledger
    _write_bytes(descriptor, b"\n")
    return finished


def _name_what_was_whole(root: Path) -> None:
    """Finish what a crash stopped between a bundle's last byte and its name."""
    for path in interrupted(root):
        with suppress(FileError, BlockingIOError, FileNotFoundError), locked_directory(path, wait=False):
            read_bundle(path)
            match = _INTERRUPTED.match(path.name)
            assert match is not None
            place_bundle(path, root, match[1])


def _held(path: Path) -> bool:
    try:
        with locked_directory(path, wait=False):
            return False
    except (BlockingIOError, FileNotFoundError):
        return True
    except NotADirectoryError:
        return False


def _entry(bundle: Bundle, number: int, head: str, recorded: Recorded) -> Entry:
    predicate = bundle.predicate
    release = predicate.get("release")
    entry = Entry(
        number=number + 1,
        previous=(head,),
        bundle=bundle.path.name,
        manifest_sha256=sha256_bytes(read_regular(bundle.path / MANIFEST, MOST_JSON, follow=False)),
        subject_sha256=predicate["subject"]["sha256"],
        release=release["id"] if isinstance(release, Mapping) else release,
        started=predicate["started"],
        recorded=recorded,
    )
    parse_line(entry.line())
    return entry


def _write(descriptor: int, entries: list[Entry]) -> None:
    _write_bytes(descriptor, b"".join(entry.line() + b"\n" for entry in entries))


def _write_bytes(descriptor: int, data: bytes) -> None:
    """Append and make durable; what could not be written whole is taken back as far as the system lets us."""
    before = os.fstat(descriptor).st_size
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
