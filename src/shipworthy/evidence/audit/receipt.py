"""A receipt as checks see it, whichever tool wrote it: figures, gates, claims, and where each stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Kind = Literal[
    "apr-bench",
    "apr-qa",
    "apr-inspect",
    "summary",
    "lm-eval",
    "llama-bench",
    "junit",
    "loss-trajectory",
    "load-log",
    "shipworthy-bench",
    "shipworthy-bundle",
    "digests",
]
Value = Decimal | int | str
GIB = 1 << 30


@dataclass(frozen=True)
class Fact:
    """A figure that a receipt states. `quantity` is one name for all tools; `derived` says how it was had."""

    quantity: str
    value: Value
    file: str
    place: str
    derived: str = ""


@dataclass(frozen=True)
class Gate:
    """One gate of a battery, or one test of a suite; `group` tells two of one name apart."""

    name: str
    passed: bool
    skipped: bool
    message: str
    value: Decimal | None
    threshold: Decimal | None
    file: str
    place: str
    group: str = ""


@dataclass(frozen=True)
class Claim:
    """What a receipt says about a criterion: its name there, the text, and whether that gives credit."""

    criterion: str
    named: str
    text: str
    credited: bool
    file: str
    place: str


@dataclass(frozen=True)
class Refusal:
    """A load that was refused. `stage` orders a loader's checks; `invariant` is the packaging criterion."""

    invariant: str
    stage: int
    text: str
    file: str
    place: str


@dataclass(frozen=True)
class Subject:
    """A file or directory that a receipt is about, as named there; `digest` is "" where none stands by."""

    name: str
    digest: str
    file: str
    place: str


@dataclass(frozen=True)
class Receipt:
    """What an adapter found in one file. `document` is the JSON value, or the lines of a text."""

    file: str
    kind: Kind
    document: Any
    facts: tuple[Fact, ...] = ()
    gates: tuple[Gate, ...] = ()
    claims: tuple[Claim, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    subjects: tuple[Subject, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bool:
        """Whether a tool wrote it; a summary only quotes."""
        return self.kind not in ("summary", "digests")

    def all(self, quantity: str) -> list[Fact]:
        """Its figures of a quantity."""
        return [fact for fact in self.facts if fact.quantity == quantity]


def number(value: Any) -> Decimal | None:
    """A JSON number as a Decimal; None for anything else, a boolean included."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)
