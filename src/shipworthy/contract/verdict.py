"""From the outcomes of a criterion's falsifiers to its verdict in one bundle. Nothing but PASS passes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from .expectation import Outcome
from .language import Contract, Falsifier
from .reasons import MISSING, Reason, VerdictWord


@dataclass(frozen=True)
class RecordedOutcome:
    """What one falsifier came to in one dispatch.

    `reason` says more than the outcome where there is more to say (missing_artifact, host_mismatch); any
    reason blocks. `conditional` means measured on a repaired copy. `failed` names the quantities that FAIL,
    `measured` counts the measurements that the gate took: more than one is an error, a PASS of none not_run.
    """

    outcome: Outcome
    reason: Reason | None = None
    conditional: bool = False
    failed: frozenset[str] = frozenset()
    measured: int = 1


@dataclass(frozen=True)
class Verdict:
    """The verdict of a criterion in one bundle; `reasons` is empty if and only if it is DISCHARGED.

    `in_scope` is False where the contract does not apply to the subject. `functional`: all was measured as
    registered, and only quantities that their falsifier names in `accept` fail.
    """

    verdict: VerdictWord
    reasons: tuple[Reason, ...]
    in_scope: bool = True
    functional: bool = False

    @property
    def discharged(self) -> bool:
        """Whether the verdict is DISCHARGED."""
        return self.verdict is VerdictWord.DISCHARGED


def _verdict(reasons: Collection[Reason], *, in_scope: bool = True, functional: bool = False) -> Verdict:
    ordered = tuple(reason for reason in Reason if reason in reasons)
    word = VerdictWord.BLOCKED if ordered or not in_scope else VerdictWord.DISCHARGED
    return Verdict(word, ordered, in_scope, functional)


def collect_outcomes(records: Iterable[tuple[str, RecordedOutcome]]) -> dict[str, RecordedOutcome]:
    """Records by falsifier id; one that comes twice keeps no outcome but ERROR, whatever the two said."""
    collected: dict[str, RecordedOutcome] = {}
    for falsifier_id, record in records:
        if (earlier := collected.get(falsifier_id)) is not None:
            record = replace(
                record,
                outcome=Outcome.ERROR,
                conditional=record.conditional or earlier.conditional,
                measured=record.measured + earlier.measured,
            )
        collected[falsifier_id] = record
    return collected


def verdict_of(
    contract: Contract,
    outcomes: Mapping[str, RecordedOutcome],
    *,
    proof_valid: bool,
    stale: bool = False,
    unregistered: bool = False,
    in_scope: bool = True,
    others: Collection[Reason] = (),
) -> Verdict:
    """The verdict of a criterion that is not a compound.

    `proof_valid` says that its proof of non-vacuity holds at the present hashes, `stale` that its gate is not
    what the contract compiles to, `unregistered` that the subject is not the registered model. `others` are
    reasons found outside its gates (double_credit, subject_changed, what a battery cites, ...). Out of
    scope is not_run.
    """
    reasons = set(others)
    if not in_scope:
        return _verdict({*reasons, Reason.NOT_RUN}, in_scope=False)
    if contract.compound or not contract.falsifiers:
        # Of no falsifiers every one passes; that is why an empty set is an error and never a verdict.
        reasons.add(Reason.ERROR if contract.compiles else Reason.NOT_RUN)
    elif not contract.compiles:
        reasons.add(Reason.NOT_RUN)
    for falsifier in contract.falsifiers:
        record = outcomes.get(falsifier.id)
        reasons |= {Reason.NOT_RUN} if record is None else _reasons(record)
    if outcomes.keys() - {falsifier.id for falsifier in contract.falsifiers}:
        reasons.add(Reason.STALE_CONTRACT)
    if not proof_valid:
        reasons.add(Reason.VACUOUS_GATE)
    if stale:
        reasons.add(Reason.STALE_CONTRACT)
    if unregistered:
        reasons.add(Reason.UNREGISTERED)
    functional = (
        Reason.FALSIFIED not in others
        and reasons == {Reason.FALSIFIED}
        and all(_only_accepted_fail(falsifier, outcomes[falsifier.id]) for falsifier in contract.falsifiers)
    )
    return _verdict(reasons, functional=functional)


def _reasons(record: RecordedOutcome) -> set[Reason]:
    """The reasons in one record; empty only for exactly one unconditional PASS without a reason."""
    reasons: set[Reason] = set() if record.reason is None else {record.reason}
    if record.conditional:
        reasons.add(Reason.CONDITIONAL)
    if record.measured > 1:
        reasons.add(Reason.ERROR)
    match record.outcome:
        case Outcome.PASS:
            if record.measured < 1:
                reasons.add(Reason.NOT_RUN)
        case Outcome.FAIL:
            reasons.add(Reason.FALSIFIED)
        case Outcome.INCONCLUSIVE:
            reasons.add(Reason.INCONCLUSIVE)
        case Outcome.UNMEASURABLE:
            if record.reason not in MISSING:
                reasons.add(Reason.ERROR)
        case _:
            reasons.add(Reason.ERROR)
    return reasons


def _only_accepted_fail(falsifier: Falsifier, record: RecordedOutcome) -> bool:
    if record.outcome is Outcome.PASS:
        return True
    return record.outcome is Outcome.FAIL and bool(record.failed) and record.failed <= set(falsifier.accept)


def cited_reasons(contract: Contract, verdicts: Mapping[str, Verdict]) -> set[Reason]:
    """What keeps the criteria that a compound or a battery cites from being DISCHARGED in this dispatch.

    One without a verdict is not_run.
    """
    reasons: set[Reason] = set()
    for member in contract.all_of:
        verdict = verdicts.get(member)
        if verdict is None:
            reasons.add(Reason.NOT_RUN)
        elif not verdict.discharged:
            reasons |= set(verdict.reasons) or {Reason.NOT_RUN}
    return reasons


def compound_verdict(
    contract: Contract,
    verdicts: Mapping[str, Verdict],
    *,
    stale: bool = False,
    unregistered: bool = False,
    others: Collection[Reason] = (),
) -> Verdict:
    """The verdict of a compound: DISCHARGED iff every member has a verdict in this dispatch, and that one.

    It bears its members' reasons; a member without a verdict is not_run. A compound has no falsifier, hence
    no proof of its own: each member bears its own.
    """
    reasons = set(others) | cited_reasons(contract, verdicts)
    if not contract.all_of:
        reasons.add(Reason.ERROR)
    if not contract.compiles:
        reasons.add(Reason.NOT_RUN)
    if stale:
        reasons.add(Reason.STALE_CONTRACT)
    if unregistered:
        reasons.add(Reason.UNREGISTERED)
    return _verdict(reasons)
