"""Whether a release is signed off: per criterion the latest word of every class of host, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...contract import Reason, Verdict
from .policy import Policy, Waiver

HOST_FACTS = ("system", "machine", "processor", "cores", "nvidia_device")
_NOT_HERE = frozenset({Reason.MISSING_HARDWARE, Reason.MISSING_ARTIFACT})


@dataclass(frozen=True)
class Attempt:
    """One dispatch of the subject for the release, as verified. `problems` is why it cannot count.

    `verdicts` are by criterion, each with the criterion hash that it is about.
    """

    bundle: str
    started: datetime
    host: Mapping[str, Any]
    signed_by: str
    verdicts: Mapping[str, tuple[str, Verdict]]
    problems: tuple[str, ...] = ()
    allowed_blocked: tuple[str, ...] = ()

    @property
    def host_class(self) -> str:
        """The class of machine that it ran on."""
        return ", ".join(str(self.host.get(name)) for name in HOST_FACTS)


@dataclass(frozen=True)
class CriterionDecision:
    """One criterion: how often it was tried and met, and why it is not, or is waived."""

    id: str
    weight: float
    attempts: int
    discharged: int
    blocked_by: tuple[str, ...]
    waiver: Waiver | None = None

    @property
    def met(self) -> bool:
        """Whether it counts; what is waived never does."""
        return not self.blocked_by and self.waiver is None


@dataclass(frozen=True)
class Decision:
    """PASSED where every criterion is met or waived, some is met, and nothing else is in the way."""

    criteria: tuple[CriterionDecision, ...]
    attempts: tuple[Attempt, ...]
    obstacles: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the release is signed off."""
        settled = all(c.met or (c.waiver is not None and not c.blocked_by) for c in self.criteria)
        return settled and any(c.met for c in self.criteria) and not self.obstacles

    @property
    def ship_percent(self) -> float:
        """The weights of what is met, of 100."""
        return float(sum(c.weight for c in self.criteria if c.met))


def decide(
    attempts: Sequence[Attempt],
    *,
    weights: Mapping[str, float],
    hashes: Mapping[str, str],
    policy: Policy,
    now: datetime,
    obstacles: Sequence[str] = (),
) -> Decision:
    """Decide over all attempts, in the order of the ledger. `hashes` are the criteria as they are installed.

    Of each class of host the latest attempt counts and no older one. A criterion is met where one of these
    discharged it, and none of the others is red: where it could not be measured for want of hardware or an
    artifact another class may answer for it, but not on a host that the policy names.
    """
    latest = _latest(attempts)
    required, missing = _required(latest, policy)
    criteria = tuple(
        _criterion(name, weight, attempts, latest, required, hashes.get(name), policy, now)
        for name, weight in weights.items()
    )
    return Decision(criteria, tuple(attempts), (*obstacles, *missing))


def _latest(attempts: Sequence[Attempt]) -> dict[str, Attempt]:
    """The latest attempt of each class; one that was refused before it said where it ran, only at the end."""
    return {
        attempt.host_class: attempt
        for attempt in attempts
        if attempt is attempts[-1] or any(fact is not None for fact in attempt.host.values())
    }


def _required(latest: Mapping[str, Attempt], policy: Policy) -> tuple[set[str], list[str]]:
    """The classes on which everything must be green, and what is said of hosts that have none."""
    required, missing = set(), []
    for name, facts in policy.hosts.items():
        found = {c for c, a in latest.items() if all(a.host.get(key) == v for key, v in facts.items())}
        required |= found
        if not found:
            missing.append(f"no dispatch on the host {name}")
    return required, missing


def _criterion(
    name: str,
    weight: float,
    attempts: Sequence[Attempt],
    latest: Mapping[str, Attempt],
    required: set[str],
    expected: str | None,
    policy: Policy,
    now: datetime,
) -> CriterionDecision:
    tried = [attempt.verdicts[name][1] for attempt in attempts if name in attempt.verdicts]
    words = {
        host: _reasons(name, attempt, expected, policy.freshness_days, now)
        for host, attempt in latest.items()
    }
    red = {
        reason
        for host, reasons in words.items()
        if host in required or not reasons <= {str(reason) for reason in _NOT_HERE}
        for reason in reasons
    }
    blocked = red or (set() if any(not reasons for reasons in words.values()) else _all(words) or {"not_run"})
    waiver = policy.waivers.get(name)
    left = blocked - (waiver.blocked_by if waiver else frozenset())
    return CriterionDecision(
        name, weight, len(tried), sum(v.discharged for v in tried), tuple(sorted(left)), waiver
    )


def _all(words: Mapping[str, set[str]]) -> set[str]:
    return {reason for reasons in words.values() for reason in reasons}


def _reasons(name: str, attempt: Attempt, expected: str | None, days: int | None, now: datetime) -> set[str]:
    """Why an attempt does not meet a criterion; nothing where it does."""
    if attempt.problems:
        return {str(Reason.CANNOT_REDERIVE)}
    if name not in attempt.verdicts:
        return {str(Reason.NOT_RUN)}
    criterion, verdict = attempt.verdicts[name]
    reasons = set() if verdict.discharged else {str(r) for r in verdict.reasons} or {str(Reason.NOT_RUN)}
    if criterion != expected:
        reasons.add(str(Reason.STALE_CONTRACT))
    if days is not None and now - attempt.started > timedelta(days=days):
        reasons.add("too_old")
    if attempt.started > now + timedelta(hours=1):
        reasons.add("from_the_future")
    return reasons
