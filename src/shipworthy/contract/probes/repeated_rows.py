"""Rows of a receipt that bear the same name: what was run again until it was green."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..probe import Quantity

REPEATED = Quantity("array", "names that more than one row bears", items="string")


def repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, each once, in order."""
    return [name for name, count in Counter(names).items() if count > 1]
