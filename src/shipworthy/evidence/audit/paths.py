"""Which file a name within a receipt means: by its path first; by its last part where one file has it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_MOST_COMPARED = 64


def basename(name: str) -> str:
    """The last part of a path of any system."""
    return PurePosixPath(name.replace("\\", "/")).name


def written_in(file: str, name: str) -> str:
    """The path of what `file` calls `name`, relative to the audited directory where both are."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), name.replace("\\", "/")))


def same_end(one: str, other: str) -> bool:
    """Whether one path is the end of the other: `run1/qa.json` and `receipts/run1/qa.json`."""
    parts, more = (PurePosixPath(posixpath.normpath(name.replace("\\", "/"))).parts for name in (one, other))
    length = min(len(parts), len(more))
    return length > 0 and parts[-length:] == more[-length:]


def by_basename(names: Iterable[str]) -> dict[str, list[str]]:
    """Names by their last part, each once."""
    found: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        found.setdefault(basename(name), []).append(name)
    return found


def meant(file: str, name: str, here: Mapping[str, list[str]]) -> str | None:
    """The file of `here`, by last part, that `file` means by `name`; None where there is none, or no one."""
    candidates = here.get(basename(name), [])
    own = written_in(file, name)
    if own in candidates:
        return own
    if len(candidates) != 1:
        return None
    return candidates[0] if same_end(candidates[0], name) else None


def ends_alike(name: str, candidates: list[str]) -> list[str]:
    """The candidates of which one path is the end of the other; none where there are too many to tell."""
    if len(candidates) > _MOST_COMPARED:
        return []
    return [candidate for candidate in candidates if same_end(candidate, name)]
