"""Which dispatch is later than which: by the chain of the ledger alone, never by a name, a number or a clock.

docs/decisions/0010-signoff.md says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...evidence.ledger import Entry, Ledger


@dataclass(frozen=True)
class Recorded:
    """A bundle: its name, when it says that it began (with a time zone), and SHA-256 of what it states."""

    bundle: str
    started: datetime
    identity: str


@dataclass(frozen=True)
class _Place:
    """Every line of one statement, the lines that all of these go on from, as bits; and whether one of them
    is `found`."""

    lines: int
    history: int
    found: bool


def earlier(recorded: Sequence[Recorded], ledger: Ledger) -> dict[str, frozenset[str]]:
    """Of each bundle the names of those that it is later than.

    Bundles with one statement are one dispatch, at all of their lines: each of them must go on from each line
    of the other. Where a line is `found`, which says nothing of when, `started` must agree. Branches that
    were joined are in no order; a bundle without a line is neither earlier nor later than any.
    """
    places = _places(recorded, ledger)
    return {
        one.bundle: frozenset(other.bundle for other in recorded if _is_later(one, other, places))
        for one in recorded
    }


def _is_later(one: Recorded, other: Recorded, places: Mapping[str, _Place]) -> bool:
    mine, its = places[one.identity], places[other.identity]
    if one.identity == other.identity or not (mine.lines and its.lines) or its.lines & ~mine.history:
        return False
    return one.started > other.started or not (mine.found or its.found)


def _places(recorded: Sequence[Recorded], ledger: Ledger) -> dict[str, _Place]:
    """One pass over the ledger: a line goes on from what the lines before it go on from, and from these."""
    identities = {entry.bundle: entry.identity for entry in recorded}
    places = {entry.identity: _Place(0, -1, False) for entry in recorded}
    known: dict[str, int] = {}
    for digest, line in ledger.lines.items():
        history = 0
        for previous in line.previous:
            history |= known.get(previous, 0)
        known[digest] = history
        if isinstance(line, Entry) and (identity := identities.get(line.bundle)) is not None:
            place, bit = places[identity], 1 << len(known)
            found = place.found or line.recorded == "found"
            places[identity] = _Place(place.lines | bit, place.history & history, found)
            known[digest] |= bit
    return places
