"""From outcomes to a verdict: DISCHARGED needs every falsifier to PASS once, and nothing against it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.contract import (
    Catalogue,
    Contract,
    Falsifier,
    Outcome,
    Reason,
    RecordedOutcome,
    Verdict,
    VerdictWord,
    cited_reasons,
    collect_outcomes,
    compound_verdict,
    verdict_of,
)
from shipworthy.strict_yaml import Document

PASSED = RecordedOutcome(Outcome.PASS)


def contract(count: int = 2, **changes: object) -> Contract:
    made = Contract(
        id="AC-TEXT-001",
        version="1.0.0",
        state="ACTIVE",
        title="t",
        statement="s",
        why="w",
        subject="checkpoint",
        applies={},
        falsifiers=tuple(
            Falsifier(f"F-{index}", "line_count@1", {"lines": {"const": 3}}, accept=("rate",))
            for index in range(count)
        ),
        all_of=(),
        changelog=(),
        notes=(),
        document=Document({}, Path("x.yaml"), b""),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def reasons(record: RecordedOutcome) -> tuple[Reason, ...]:
    return verdict_of(contract(), {"F-0": PASSED, "F-1": record}, proof_valid=True).reasons


def test_all_passed_once_is_discharged() -> None:
    verdict = verdict_of(contract(), {"F-0": PASSED, "F-1": PASSED}, proof_valid=True)
    assert verdict == Verdict(VerdictWord.DISCHARGED, ())
    assert verdict.discharged


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (RecordedOutcome(Outcome.FAIL), (Reason.FALSIFIED,)),
        (RecordedOutcome(Outcome.INCONCLUSIVE), (Reason.INCONCLUSIVE,)),
        (RecordedOutcome(Outcome.ERROR), (Reason.ERROR,)),
        (RecordedOutcome(Outcome.UNMEASURABLE, Reason.MISSING_HARDWARE), (Reason.MISSING_HARDWARE,)),
        (RecordedOutcome(Outcome.UNMEASURABLE, Reason.MISSING_ARTIFACT), (Reason.MISSING_ARTIFACT,)),
        (RecordedOutcome(Outcome.UNMEASURABLE, Reason.MISSING_ISOLATION), (Reason.MISSING_ISOLATION,)),
        (RecordedOutcome(Outcome.UNMEASURABLE), (Reason.ERROR,)),
        (RecordedOutcome(Outcome.PASS, Reason.HOST_MISMATCH), (Reason.HOST_MISMATCH,)),
        (RecordedOutcome(Outcome.PASS, conditional=True), (Reason.CONDITIONAL,)),
        (RecordedOutcome(Outcome.PASS, measured=2), (Reason.ERROR,)),
        (RecordedOutcome(Outcome.PASS, measured=0), (Reason.NOT_RUN,)),
    ],
)
def test_nothing_but_one_clean_pass_passes(record: RecordedOutcome, expected: tuple[Reason, ...]) -> None:
    assert reasons(record) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"proof_valid": False}, Reason.VACUOUS_GATE),
        ({"proof_valid": True, "stale": True}, Reason.STALE_CONTRACT),
        ({"proof_valid": True, "unregistered": True}, Reason.UNREGISTERED),
        ({"proof_valid": True, "others": {Reason.DOUBLE_CREDIT}}, Reason.DOUBLE_CREDIT),
        ({"proof_valid": True, "others": {Reason.WAIVED}}, Reason.WAIVED),
    ],
)
def test_what_blocks_a_criterion_whose_gates_all_pass(facts: dict, expected: Reason) -> None:
    verdict = verdict_of(contract(), {"F-0": PASSED, "F-1": PASSED}, **facts)
    assert verdict.reasons == (expected,)
    assert verdict.verdict is VerdictWord.BLOCKED


def test_a_falsifier_without_an_outcome_is_not_run() -> None:
    assert verdict_of(contract(), {"F-0": PASSED}, proof_valid=True).reasons == (Reason.NOT_RUN,)
    assert verdict_of(contract(), {}, proof_valid=True).reasons == (Reason.NOT_RUN,)


def test_an_outcome_that_no_falsifier_asked_for_is_stale() -> None:
    outcomes = {"F-0": PASSED, "F-1": PASSED, "F-9": PASSED}
    assert verdict_of(contract(), outcomes, proof_valid=True).reasons == (Reason.STALE_CONTRACT,)


def test_an_empty_set_of_falsifiers_is_an_error() -> None:
    assert verdict_of(contract(0), {}, proof_valid=True).reasons == (Reason.ERROR,)


def test_a_draft_is_never_discharged() -> None:
    draft = contract(state="DRAFT")
    assert verdict_of(draft, {"F-0": PASSED, "F-1": PASSED}, proof_valid=True).reasons == (Reason.NOT_RUN,)
    assert verdict_of(contract(0, state="DRAFT"), {}, proof_valid=True).reasons == (Reason.NOT_RUN,)


def test_out_of_scope_is_listed_and_never_discharged() -> None:
    verdict = verdict_of(contract(), {"F-0": PASSED, "F-1": PASSED}, proof_valid=True, in_scope=False)
    assert verdict == Verdict(VerdictWord.BLOCKED, (Reason.NOT_RUN,), in_scope=False)


def test_a_falsifier_recorded_twice_is_an_error_whatever_the_two_said() -> None:
    outcomes = collect_outcomes([("F-0", PASSED), ("F-1", PASSED), ("F-1", PASSED)])
    assert verdict_of(contract(), outcomes, proof_valid=True).reasons == (Reason.ERROR,)


def test_reasons_come_in_one_order_and_once() -> None:
    outcomes = {"F-0": RecordedOutcome(Outcome.FAIL), "F-1": RecordedOutcome(Outcome.ERROR)}
    verdict = verdict_of(contract(), outcomes, proof_valid=False, others=[Reason.ERROR])
    assert verdict.reasons == (Reason.ERROR, Reason.FALSIFIED, Reason.VACUOUS_GATE)


@pytest.mark.parametrize(
    ("failed", "facts", "functional"),
    [
        ({"rate"}, {}, True),
        ({"rate", "lines"}, {}, False),
        (set(), {}, False),
        ({"rate"}, {"unregistered": True}, False),
        ({"rate"}, {"proof_valid": False}, False),
    ],
)
def test_functional_is_measured_as_registered_and_red_only_where_accepted(
    failed: set, facts: dict, functional: bool
) -> None:
    record = RecordedOutcome(Outcome.FAIL, failed=frozenset(failed))
    verdict = verdict_of(contract(), {"F-0": PASSED, "F-1": record}, **{"proof_valid": True, **facts})
    assert verdict.functional is functional
    assert not verdict.discharged


DISCHARGED = Verdict(VerdictWord.DISCHARGED, ())
BLOCKED = Verdict(VerdictWord.BLOCKED, (Reason.MISSING_HARDWARE,))


def test_a_compound_is_discharged_with_all_its_members_and_not_before() -> None:
    compound = contract(0, all_of=("A", "B"))
    assert compound_verdict(compound, {"A": DISCHARGED, "B": DISCHARGED, "C": BLOCKED}).discharged
    assert compound_verdict(compound, {"A": DISCHARGED, "B": BLOCKED}).reasons == (Reason.MISSING_HARDWARE,)
    assert compound_verdict(compound, {"A": DISCHARGED}).reasons == (Reason.NOT_RUN,)
    assert compound_verdict(compound, {}).reasons == (Reason.NOT_RUN,)
    assert compound_verdict(contract(0), {}).reasons == (Reason.ERROR,)
    both = {"A": DISCHARGED, "B": DISCHARGED}
    assert compound_verdict(compound, both, stale=True).reasons == (Reason.STALE_CONTRACT,)
    out_of_scope = Verdict(VerdictWord.BLOCKED, (Reason.NOT_RUN,), in_scope=False)
    assert not compound_verdict(compound, {**both, "B": out_of_scope}).discharged
    assert verdict_of(compound, {}, proof_valid=True).reasons == (Reason.ERROR,)


records = st.builds(
    RecordedOutcome,
    outcome=st.sampled_from(Outcome),
    reason=st.none() | st.sampled_from(Reason),
    conditional=st.booleans(),
    failed=st.frozensets(st.sampled_from(["lines", "rate"])),
    measured=st.integers(0, 3),
)


@given(
    st.dictionaries(st.sampled_from(["F-0", "F-1", "F-2"]), records | st.just(PASSED)),
    st.booleans(),
    st.booleans(),
)
def test_discharged_means_exactly_every_falsifier_passed_once(
    outcomes: dict[str, RecordedOutcome], proof_valid: bool, stale: bool
) -> None:
    verdict = verdict_of(contract(3), outcomes, proof_valid=proof_valid, stale=stale)
    clean = all(
        record.outcome is Outcome.PASS
        and record.reason is None
        and not record.conditional
        and record.measured == 1
        for record in outcomes.values()
    )
    assert verdict.discharged == (clean and len(outcomes) == 3 and proof_valid and not stale)
    assert verdict.discharged == (not verdict.reasons)


@given(st.permutations(["F-0", "F-1", "F-2"]), st.lists(records, min_size=3, max_size=3))
def test_the_order_of_falsifiers_is_irrelevant(order: list[str], made: list[RecordedOutcome]) -> None:
    outcomes = {f"F-{index}": record for index, record in enumerate(made)}
    shuffled = {name: outcomes[name] for name in order}
    falsifiers = tuple(sorted(contract(3).falsifiers, key=lambda falsifier: order.index(falsifier.id)))
    first = verdict_of(contract(3), outcomes, proof_valid=True)
    second = verdict_of(contract(3, falsifiers=falsifiers), shuffled, proof_valid=True)
    assert first == second


@given(st.dictionaries(st.sampled_from(["F-0", "F-1"]), records), st.sampled_from(Reason))
def test_one_more_reason_never_discharges(outcomes: dict[str, RecordedOutcome], reason: Reason) -> None:
    assert not verdict_of(contract(), outcomes, proof_valid=True, others={reason}).discharged


def test_every_project_contract_is_blocked_when_nothing_ran(
    write: Callable[..., Path], load: Callable[[Path], Catalogue]
) -> None:
    for criterion in load(write()).contracts.values():
        assert verdict_of(criterion, {}, proof_valid=True).reasons == (Reason.NOT_RUN,)


def test_what_a_cited_criterion_fails_is_not_the_battery_s_to_accept() -> None:
    """Its own falsifiers pass; FUNCTIONAL would say that only its acceptance numbers fail."""
    battery = contract(all_of=("AC-TEXT-002",))
    red = verdict_of(contract(1), {"F-0": RecordedOutcome(Outcome.FAIL)}, proof_valid=True)
    cited = cited_reasons(battery, {"AC-TEXT-002": red})
    verdict = verdict_of(battery, {"F-0": PASSED, "F-1": PASSED}, proof_valid=True, others=cited)
    assert (verdict.reasons, verdict.functional) == ((Reason.FALSIFIED,), False)
    assert cited_reasons(battery, {}) == {Reason.NOT_RUN}
