"""What an evaluation keeps as it goes: a line that says of what, then one for each row, on the disk at once.

Where a run was cut, the next one goes on; a last line that was cut off is taken away. A row ends with a
digest over what it says and of what it is, so that one that was changed by hand, or comes from another file,
is refused. It is no signature: whoever computes it anew may write what he likes, and evidence is what a gate
measures in a directory of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_type_hints

from ...atomic import refusing_unwritable
from ...canonical import sha256_bytes, strict_loads
from ...errors import FileError, UsageError


class Row(Protocol):
    """One thing done: a problem attempted, a prompt continued."""

    @property
    def tokens(self) -> int:
        """How many were generated."""
        ...

    @property
    def name(self) -> str:
        """What finds the row again."""
        ...

    @property
    def said(self) -> str:
        """How a line of progress puts it."""
        ...

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        ...


R = TypeVar("R", bound=Row)
T = TypeVar("T")
_DIGEST = "row_sha256"


def kept_rows(path: Path, key: str, read: Callable[[Mapping[str, Any]], R]) -> dict[str, R]:
    """The rows that are there under this key, by name.

    Raises UsageError other-evaluation where they are under another one, FileError for what is no such file
    and for a row that was changed.
    """
    if not path.exists() or path.stat().st_size == 0:
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        os.truncate(path, len(whole))
    try:
        lines = [strict_loads(line) for line in whole.splitlines()]
        if not lines:
            return {}
        if lines[0]["key"] != key:
            message = "holds the completions of another checkpoint, other settings or other code"
            raise UsageError("other-evaluation", message, where=path.name, fix="name another directory")
        for number, line in enumerate(lines[1:], start=2):
            if line.pop(_DIGEST) != _digest(key, line):
                fix = "take that line away: it is done again"
                raise FileError("row-changed", f"line {number} is not as it was kept", path=path, fix=fix)
        rows = [read(line) for line in lines[1:]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = "is no file of completions"
        raise FileError("not-completions", message, path=path, fix="name another directory") from error
    found = {row.name: row for row in rows}
    if len(found) != len(rows):
        raise FileError("twice", "holds a row twice", path=path, fix="name another directory")
    return found


def typed(row: type[T], stated: Mapping[str, Any]) -> T:
    """A dataclass of texts and numbers from a JSON object. Raises TypeError where a type is another."""
    expected = get_type_hints(row)
    for field in fields(row):  # type: ignore[arg-type]  # a row is a dataclass
        if type(stated[field.name]) is not expected[field.name]:
            raise TypeError(f"{field.name} is not of type {expected[field.name].__name__}")
    return row(**stated)


def begin(path: Path, key: str, settings: Mapping[str, Any]) -> None:
    """The line that says of what the rows are. Raises FileError unwritable."""
    _append(path, {"key": key, **settings})


def keep(path: Path, key: str, row: Mapping[str, Any]) -> None:
    """One more row, on the disk when this returns. Raises FileError unwritable."""
    _append(path, {**row, _DIGEST: _digest(key, row)})


def rows_in(path: Path) -> list[dict[str, Any]]:
    """Every row of a file that this process has just written, as it was given."""
    lines = [strict_loads(line) for line in path.read_bytes().splitlines()][1:]
    return [{name: value for name, value in line.items() if name != _DIGEST} for line in lines]


def _digest(key: str, row: Mapping[str, Any]) -> str:
    # A completion may hold what is no UTF-8, which RFC 8785 refuses and an escape does not.
    return sha256_bytes(json.dumps([key, row], sort_keys=True, ensure_ascii=True).encode())


def _append(path: Path, line: Mapping[str, Any]) -> None:
    with refusing_unwritable(path), path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
