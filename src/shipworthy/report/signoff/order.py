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
    """Every line of one statement, what each goes on from, and whether one of them is `found`."""

    lines: frozenset[str]
    history: frozenset[str]
    found: bool


def earlier(recorded: Sequence[Recorded], ledger: Ledger) -> dict[str, frozenset[str]]:
    """Of each bundle the names of those that it is later than.

    Bundles with one statement are one dispatch, at all of their lines: each of them must go on from each line
    of the other. Where a line is `found`, which says nothing of when, `started` must agree. Branches that
    were joined are in no order; a bundle without a line is neither earlier nor later than any.
    """
    places = _places(recorded, ledger)
    return {
        one.bundle: frozenset(
            other.bundle
            for other in recorded
            if other.identity != one.identity
            and _is_later(places[one.identity], places[other.identity])
            and (
                one.started > other.started
                or not (places[one.identity].found or places[other.identity].found)
            )
        )
        for one in recorded
    }


def _is_later(one: _Place, other: _Place) -> bool:
    return bool(one.lines and other.lines) and other.lines <= one.history


def _places(recorded: Sequence[Recorded], ledger: Ledger) -> Mapping[str, _Place]:
    identities = {entry.bundle: entry.identity for entry in recorded}
    lines: dict[str, dict[str, Entry]] = {entry.identity: {} for entry in recorded}
    for digest, line in ledger.lines.items():
        if isinstance(line, Entry) and line.bundle in identities:
            lines[identities[line.bundle]][digest] = line
    return {
        identity: _Place(
            frozenset(own),
            frozenset.intersection(*(frozenset(ledger.history(digest)) for digest in own))
            if own
            else frozenset(),
            any(line.recorded == "found" for line in own.values()),
        )
        for identity, own in lines.items()
    }
