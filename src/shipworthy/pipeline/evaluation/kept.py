"""What an evaluation keeps as it goes: a line that says of what, then one for each row, on the disk at once.

Where a run was cut, the next one goes on; a last line that was cut off is taken away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ...atomic import refusing_unwritable
from ...canonical import strict_loads
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


def kept_rows(path: Path, key: str, read: Callable[[Mapping[str, Any]], R]) -> dict[str, R]:
    """The rows that are there under this key, by name.

    Raises UsageError other-evaluation where they are under another one, FileError for what is no such file.
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
        rows = [read(line) for line in lines[1:]]
    except (ValueError, KeyError, TypeError) as error:
        message = "is no file of completions"
        raise FileError("not-completions", message, path=path, fix="name another directory") from error
    found = {row.name: row for row in rows}
    if len(found) != len(rows):
        raise FileError("twice", "holds a row twice", path=path, fix="name another directory")
    return found


def keep(path: Path, line: Mapping[str, Any]) -> None:
    """One more line, on the disk when this returns. Raises FileError unwritable."""
    with refusing_unwritable(path), path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=True, allow_nan=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
