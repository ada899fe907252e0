"""A witness keeps the head of a ledger where who writes the ledger cannot quietly change it: a git commit.

A chain shows what was changed inside it. That its tail was removed, or that all of it was built again, shows
only to who knows a head that it had.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...atomic import write_bytes
from ...canonical import canonical, strict_loads
from ...errors import FileError, UsageError, display_path
from ...regular_files import read_regular
from .chain import Ledger

HEAD_SCHEMA = "shipworthy/ledger-head/1"
HEAD_FILE = "shipworthy-ledger-head.json"
_MOST = 1 << 16
"""Bytes of a head; one is some 150."""

_GIVEN = re.compile(r"(PATH|HOME|XDG_CONFIG_HOME|USER|LOGNAME|TMPDIR|LANG|LC_\w+)\Z")
_RUN_NOTHING = (
    "--no-pager",
    "--no-replace-objects",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.commitGraph=false",
)


@dataclass(frozen=True)
class Witness:
    """A head that was seen: the number of the last line then, its digest, and where that is kept."""

    number: int
    head: str
    place: str


def head_document(ledger: Ledger) -> bytes:
    """What a witness keeps: one RFC 8785 line with the number and digest of the last line."""
    return canonical({"schema": HEAD_SCHEMA, "number": ledger.number, "head": ledger.head}) + b"\n"


def commit_head(ledger: Ledger, repository: Path) -> str:
    """Commit the head to a git work tree and return the commit; an empty string where it is there already.

    Only that file is committed, whatever else is staged. Raises UsageError.
    """
    _git(repository, "rev-parse", "--show-toplevel")
    path, document = repository / HEAD_FILE, head_document(ledger)
    if any(w.head == ledger.head for w in _committed(repository)):
        return ""
    write_bytes(path, document)
    _git_as_asked(repository, "add", "--", HEAD_FILE)
    message = f"Ledger of shipworthy: line {ledger.number}, {ledger.head[:12]}"
    _git_as_asked(repository, "commit", "--quiet", "-m", message, "--", HEAD_FILE)
    return _git(repository, "rev-parse", "HEAD").decode().strip()


def read_witnesses(place: Path) -> list[Witness]:
    """The head in a file, or each that was committed to a git work tree. Raises FileError, UsageError."""
    if place.is_dir():
        return _committed(place)
    data = read_regular(place, _MOST, absent="no-witness")
    return [_witness(data, place, display_path(place))]


def not_held(ledger: Ledger, witnesses: Iterable[Witness]) -> list[Witness]:
    """The witnesses whose head this ledger does not have, or has under another number."""
    return [w for w in witnesses if not ledger.holds(w.head) or _number(ledger, w.head) != w.number]


def _number(ledger: Ledger, head: str) -> int:
    return ledger.lines[head].number if head in ledger.lines else 0


def _committed(repository: Path) -> list[Witness]:
    if not _git(repository, "rev-list", "-n1", "--all"):
        return []
    found: dict[bytes, Witness] = {}
    # Without --full-history git follows one parent alone of a merge that took the file from it.
    for commit in _git(repository, "rev-list", "--all", "--full-history", "--", HEAD_FILE).decode().split():
        # <mode> SP <type> SP <object> SP+ <size> TAB <name>; no size of an object that is not there
        if entry := _git(repository, "ls-tree", "-l", commit, "--", HEAD_FILE):
            path = repository / HEAD_FILE
            kind, size = entry.split()[1], entry.split()[3]
            if kind != b"blob" or (size.isdigit() and int(size) > _MOST):
                raise FileError("bad-witness", f"is no head of a ledger (commit {commit[:12]})", path=path)
            data = _git(repository, "cat-file", "blob", f"{commit}:./{HEAD_FILE}")
            found.setdefault(data, _witness(data, path, f"commit {commit[:12]}"))
    return list(found.values())


def _witness(data: bytes, path: Path, place: str) -> Witness:
    try:
        value: Any = strict_loads(data)
        if value["schema"] != HEAD_SCHEMA:
            raise ValueError(f"its schema is {value['schema']!r}")
        number, head = value["number"], value["head"]
    except (ValueError, KeyError, TypeError) as error:
        message = f"is no head of a ledger ({place}): {error}"
        raise FileError("bad-witness", message, path=path) from error
    if type(number) is not int or not isinstance(head, str):
        raise FileError("bad-witness", f"is no head of a ledger ({place})", path=path)
    return Witness(number, head, place)


def _git(repository: Path, *arguments: str) -> bytes:
    """Read from a repository of somebody else's: with plumbing, which runs nothing that its configuration
    names, fetches nothing, and is given a few names of the environment, no key's among them."""
    given = {name: value for name, value in os.environ.items() if _GIVEN.match(name)}
    hides_nothing = {"GIT_ALLOW_PROTOCOL": "none", "GIT_GRAFT_FILE": os.devnull}
    return _run(repository, [*_RUN_NOTHING], arguments, {**given, **hides_nothing})


def _git_as_asked(repository: Path, *arguments: str) -> bytes:
    """Write to the user's own repository: with its hooks and signing, and without the names of our keys."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("SHIPWORTHY_")}
    return _run(repository, [], arguments, given)


def _run(
    repository: Path, options: Sequence[str], arguments: Sequence[str], environment: Mapping[str, str]
) -> bytes:
    program = shutil.which("git")
    if program is None:
        raise UsageError("no-git", "git is not installed")
    argv = [program, *options, "-C", str(repository), *arguments]
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=dict(environment)
    )
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise UsageError(
            "git-failed",
            lines[0] if lines else f"git {arguments[0]} failed",
            where=display_path(repository),
            fix="name a git work tree in which you can commit",
        )
    return done.stdout
