"""Whether a release is signed off: per criterion what every class of host came to and nothing answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...contract import Reason, Verdict
from .policy import Policy, Waiver

HOST_FACTS = ("system", "machine", "processor", "cores", "nvidia_device")
_UNMEASURED = frozenset({str(r) for r in (Reason.NOT_RUN, Reason.MISSING_HARDWARE, Reason.MISSING_ARTIFACT)})
_NOT_HERE = frozenset({str(Reason.MISSING_HARDWARE), str(Reason.MISSING_ARTIFACT)})


@dataclass(frozen=True)
class Attempt:
    """One dispatch of the subject, as verified. `problems` is why it cannot count.

    `verdicts` are by criterion, each with the criterion hash that it is about. `refused`: no gate ran, so it
    has no host. `release` is what it was dispatched for; `own` says that this is the release that is signed
    off, `registered` that it was under its registration.
    """

    bundle: str
    started: datetime
    host: Mapping[str, Any]
    signed_by: str
    verdicts: Mapping[str, tuple[str, Verdict]]
    problems: tuple[str, ...] = ()
    allowed_blocked: tuple[str, ...] = ()
    refused: bool = False
    release: str = ""
    own: bool = True
    registered: bool = True

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


@dataclass(frozen=True)
class _Asked:
    """What every criterion is decided by."""

    attempts: Sequence[Attempt]
    earlier: Mapping[str, Set[str]]
    required: Set[str]
    policy: Policy
    now: datetime


def decide(
    attempts: Sequence[Attempt],
    *,
    earlier: Mapping[str, Set[str]],
    weights: Mapping[str, float],
    hashes: Mapping[str, str],
    policy: Policy,
    now: datetime,
    obstacles: Sequence[str] = (),
) -> Decision:
    """Decide over all attempts. `earlier` names per bundle those that it is later than (`order.earlier`);
    `hashes` are the criteria as they are installed.

    What a class of host measured stands until a later attempt on that class DISCHARGED the same criterion;
    what it did not measure, until a later one says something of the same criterion. A criterion is met where
    a class is green, with nothing that stands, and no other is red: where it could not be measured for want
    of hardware or an artifact another class may answer for it, but not on a host that the policy names.
    """
    required, missing = _required(attempts, policy)
    asked = _Asked(attempts, earlier, required, policy, now)
    criteria = tuple(_criterion(name, weight, hashes.get(name), asked) for name, weight in weights.items())
    return Decision(criteria, tuple(attempts), (*obstacles, *missing))


def _required(attempts: Sequence[Attempt], policy: Policy) -> tuple[set[str], list[str]]:
    """The classes on which everything must be green, and what is said of hosts that have none."""
    required, missing = set(), []
    for name, facts in policy.hosts.items():
        found = {a.host_class for a in attempts if all(a.host.get(key) == v for key, v in facts.items())}
        required |= found
        if not found:
            missing.append(f"no dispatch on the host {name}")
    return required, missing


def _criterion(name: str, weight: float, expected: str | None, asked: _Asked) -> CriterionDecision:
    tried = [attempt.verdicts[name][1] for attempt in asked.attempts if name in attempt.verdicts]
    words = [_word(name, attempt, expected, asked) for attempt in asked.attempts]
    standing = [
        word
        for word in words
        if word.reasons and not any(_answers(one, word, asked.earlier) for one in words)
    ]
    green = {word.host_class for word in words if word.met} - {word.host_class for word in standing}
    red = _all(
        word for word in standing if word.host_class in asked.required or not word.reasons <= _NOT_HERE
    )
    if not red and asked.required - green:
        red = {str(Reason.NOT_RUN)}
    blocked = red or (set() if green else _all(standing) or {str(Reason.NOT_RUN)})
    waiver = asked.policy.waivers.get(name)
    left = blocked - (waiver.blocked_by if waiver else frozenset())
    return CriterionDecision(
        name, weight, len(tried), sum(v.discharged for v in tried), tuple(sorted(left)), waiver
    )


@dataclass(frozen=True)
class _Word:
    """What an attempt says of one criterion: why it is not met, or that it is; or neither: nothing at all.

    `about` says that it is about the installed criterion, under the release's registration, `measured` that
    what it says was measured: it could not be had by not looking.
    """

    attempt: Attempt
    reasons: frozenset[str] = frozenset()
    met: bool = False
    discharged: bool = False
    about: bool = False
    measured: bool = False

    @property
    def host_class(self) -> str:
        return self.attempt.host_class


def _all(words: Iterable[_Word]) -> set[str]:
    return {reason for word in words for reason in word.reasons}


def _answers(one: _Word, other: _Word, earlier: Mapping[str, Set[str]]) -> bool:
    """Whether a word is later than another, of the same class, and weighs as much: only a criterion that was
    DISCHARGED answers what was measured."""
    return (
        other.attempt.bundle in earlier[one.attempt.bundle]
        and (other.attempt.refused or other.host_class == one.host_class)
        and (one.discharged if other.measured else one.about)
    )


def _word(name: str, attempt: Attempt, expected: str | None, asked: _Asked) -> _Word:
    if attempt.problems:
        return _Word(attempt, frozenset({str(Reason.CANNOT_REDERIVE)}), measured=not attempt.refused)
    if name not in attempt.verdicts:
        return _Word(attempt, frozenset({str(Reason.NOT_RUN)} if attempt.own else ()))
    criterion, verdict = attempt.verdicts[name]
    same = criterion == expected
    if not (same or attempt.own):
        return _Word(attempt)
    stated = set() if verdict.discharged else {str(r) for r in verdict.reasons} or {str(Reason.NOT_RUN)}
    if not attempt.registered:
        stated -= {str(Reason.UNREGISTERED)}
        return _Word(attempt, frozenset(stated), measured=not stated <= _UNMEASURED)
    reasons = stated | _age(attempt, asked) | (set() if same else {str(Reason.STALE_CONTRACT)})
    return _Word(
        attempt,
        frozenset(reasons),
        met=not reasons,
        discharged=same and verdict.discharged,
        about=same,
        measured=same and not stated <= _UNMEASURED,
    )


def _age(attempt: Attempt, asked: _Asked) -> set[str]:
    days = asked.policy.freshness_days
    old = days is not None and asked.now - attempt.started > timedelta(days=days)
    future = attempt.started > asked.now + timedelta(hours=1)
    return {word for word, is_so in (("too_old", old), ("from_the_future", future)) if is_so}
