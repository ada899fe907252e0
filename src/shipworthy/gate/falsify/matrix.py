"""The matrix: what each gate said of everything good, of each planted defect, and of nothing at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...contract import Outcome, Planted
from ...contract.proof import planted_entry, record_kills
from ..engine import Result

_REFUSED = (Outcome.FAIL, Outcome.ERROR)


@dataclass(frozen=True)
class Kill:
    """One row: a planted defect, or None of something good or empty, and what the gate said.

    `fixture` names what it started from, and of something good in which form. `fits` is False where a
    defect has nothing to change there; `remembered` where the row is an earlier one at the same digests;
    `screened` says of how few samples a kill was certain already, as in `6 of 100 prompts`; `functional` of a
    real model that it misses acceptance numbers alone, and those are what it is.
    """

    contract: str
    falsifier: str
    fixture: str
    planted: Planted | None
    changed: bool
    result: Result
    seconds: float
    empty: bool = False
    fits: bool = True
    remembered: bool = False
    screened: str = ""
    functional: bool = False

    @property
    def as_hoped(self) -> bool:
        """Green on what is good; on a defect red on the named quantity, with bytes that differ; on a subject
        without content anything but green, and said why."""
        if self.empty:
            return self.result.outcome in _REFUSED and bool(self.result.detail)
        if self.planted is None:
            return self.functional or self.result.outcome is Outcome.PASS
        return self.fits and record_kills(self.record())

    @property
    def applicable(self) -> bool:
        """Whether a row says anything of its gate: a defect that changed nothing does not."""
        return self.planted is None or (self.fits and self.changed)

    def record(self) -> dict[str, Any]:
        """As the proof keeps a planted defect."""
        assert self.planted is not None
        return {
            **planted_entry(self.planted),
            "fixture": self.fixture,
            "changed": self.changed,
            "outcome": str(self.result.outcome),
            "failed": sorted(self.result.failed),
        }

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "contract": self.contract,
            "falsifier": self.falsifier,
            "fixture": self.fixture,
            "planted": planted_entry(self.planted) if self.planted else None,
            "empty": self.empty,
            "applicable": self.applicable,
            "outcome": str(self.result.outcome),
            "failed": sorted(self.result.failed),
            "detail": self.result.detail,
            "as_hoped": self.as_hoped,
            "seconds": round(self.seconds, 2),
            "remembered": self.remembered,
            **({"screened": self.screened} if self.screened else {}),
            **({"functional": True} if self.functional else {}),
        }


@dataclass(frozen=True)
class Report:
    """The matrix, and the proofs that it changed; of a real model `subject` is its name and digest.

    `left` names the rows that there was no time for.
    """

    kills: tuple[Kill, ...]
    changed: tuple[Path, ...] = ()
    subject: dict[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()

    @property
    def planted(self) -> list[Kill]:
        """The rows of planted defects that change something; a fixture's defect that does not counts too."""
        return [kill for kill in self.kills if kill.planted and (kill.applicable or not self.subject)]

    @property
    def all_killed(self) -> bool:
        """Whether there was something to try, all of it was, and everything came out as hoped."""
        tried = [kill for kill in self.kills if kill.applicable or not self.subject]
        return bool(tried) and not self.left and all(kill.as_hoped for kill in tried)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        others = [kill for kill in self.kills if kill.planted is None]
        return {
            **({"subject": self.subject} if self.subject else {}),
            "killed": sum(kill.as_hoped for kill in self.planted),
            "planted": len(self.planted),
            "not_applicable": sum(not kill.applicable for kill in self.kills),
            "good": sum(not kill.empty for kill in others),
            "false_alarms": [
                f"{kill.falsifier} on {kill.fixture}"
                for kill in others
                if not kill.empty and not kill.as_hoped
            ],
            "empty": sum(kill.empty for kill in others),
            "empty_not_refused": [
                f"{kill.falsifier} on {kill.fixture}" for kill in others if kill.empty and not kill.as_hoped
            ],
            "seconds": round(sum(kill.seconds for kill in self.kills), 1),
            "left": list(self.left),
            "changed": [path.name for path in self.changed],
            "matrix": [kill.to_json() for kill in self.kills],
        }
