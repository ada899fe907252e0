"""One change between two revisions of contracts/, and what it does to a bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...canonical import canonical
from ...strict_yaml import Document, Keys
from ..failure_line import describe, shorten
from ..probe import Quantity
from .compare import Direction, compare


@dataclass(frozen=True)
class Change:
    """What changed (`of` is the id of the file's entry), from what to what, its direction and its place."""

    of: str
    what: str
    before: str
    after: str
    direction: Direction
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.of}: {self.what}: {self.before} -> {self.after} ({self.direction})"

    def to_json(self) -> dict[str, str]:
        """For programs."""
        return {**vars(self), "direction": str(self.direction)}


@dataclass(frozen=True)
class Writer:
    """Makes the changes of one entry: knows its id and its document as it is now."""

    of: str
    document: Document

    def __call__(self, keys: Keys, what: str, before: Any, after: Any, direction: Direction) -> Change:
        where = self.document.where(keys)
        return Change(self.of, what, _shown(before), _shown(after), direction, where)

    def text(self, keys: Keys, before: Any, after: Any, direction: Direction) -> Iterator[Change]:
        """A change of a value of which only that it changed can be told."""
        if not same(before, after):
            yield self(keys, str(keys[-1]), before, after, direction)

    def expectations(
        self,
        keys: Keys,
        before: Mapping[str, Mapping[str, Any]],
        after: Mapping[str, Mapping[str, Any]],
        declared: Mapping[str, Quantity] | None,
    ) -> Iterator[Change]:
        """Every quantity of an `expect` that was added, dropped or bounded otherwise."""
        for name in dict.fromkeys([*before, *after]):
            old, new = before.get(name), after.get(name)
            if same(old, new):
                continue
            at = (*keys, name)
            if new is None:
                yield self(keys, name, describe(old or {}), "nothing expected", Direction.LOOSENING)
            elif old is None:
                yield self(at, name, "nothing expected", describe(new), Direction.TIGHTENING)
            else:
                quantity = None if declared is None else declared.get(name)
                yield self(at, name, describe(old), describe(new), compare(old, new, quantity))

    def members(
        self, keys: Keys, what: str, before: Any, after: Any, *, dropped: Direction, added: Direction
    ) -> Iterator[Change]:
        """Every member of a list that was dropped or added."""
        for member in before:
            if member not in after:
                yield self(keys, f"{what} {member}", "there", "dropped", dropped)
        for index, member in enumerate(after):
            if member not in before:
                yield self((*keys, index), f"{what} {member}", "not there", "added", added)


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same JSON: to Python 1 equals True, and to a constraint it does not."""
    return canonical(old) == canonical(new)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) and len(value) <= 120 else shorten(value)
