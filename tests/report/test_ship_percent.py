"""Ship-% counts what is DISCHARGED and nothing else."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shipworthy.contract import Reason, Status
from shipworthy.report.ship import ship_percent, statuses

NAMES = [f"AC-{n}" for n in range(12)]
WEIGHT = st.floats(0, 100) | st.integers(0, 100)
WEIGHTS = st.dictionaries(st.sampled_from(NAMES), WEIGHT, min_size=1)
REASONS = st.lists(st.sampled_from(list(Reason)), max_size=3, unique=True)


def predicate(weights: dict[str, float], reasons: dict[str, list[Reason]]) -> dict[str, Any]:
    return {
        "release": {"weights": [{"criterion": n, "weight": w} for n, w in weights.items()]},
        "criteria": [
            {"id": n, "verdict": "BLOCKED" if r else "DISCHARGED", "reasons": [str(x) for x in r]}
            for n, r in reasons.items()
        ],
    }


def test_by_hand(made: Any, entry: Any) -> None:
    criteria = [
        entry("C-03"),
        entry("AC-SHIP2-005"),
        entry("AC-SHIP2-009", ["falsified"]),
        entry("AC-SHIP2-010"),
    ]
    assert ship_percent(made(criteria).predicate) == 50


@given(WEIGHTS, st.data())
def test_it_is_the_sum_of_the_weights_of_what_is_discharged(
    weights: dict[str, float], data: st.DataObject
) -> None:
    written = data.draw(st.dictionaries(st.sampled_from(sorted(weights)), REASONS))
    found = ship_percent(predicate(weights, written))
    assert found == math.fsum(weights[name] for name, reasons in written.items() if not reasons)
    assert 0 <= found <= math.fsum(weights.values())


@given(WEIGHTS, st.data())
def test_one_more_reason_never_raises_it(weights: dict[str, float], data: st.DataObject) -> None:
    written = data.draw(st.dictionaries(st.sampled_from(sorted(weights)), REASONS, min_size=1))
    worse = {**written, data.draw(st.sampled_from(sorted(written))): [Reason.INCONCLUSIVE]}
    assert ship_percent(predicate(weights, worse)) <= ship_percent(predicate(weights, written))


@given(WEIGHTS)
def test_nothing_written_is_nothing_shipped(weights: dict[str, float]) -> None:
    assert ship_percent(predicate(weights, {})) == 0


def test_all_discharged_is_exactly_100_also_in_thirds() -> None:
    weights = {"a": 33.3, "b": 33.3, "c": 33.4}
    assert ship_percent(predicate(weights, {name: [] for name in weights})) == 100


def test_a_criterion_that_stands_there_twice_counts_once_and_only_if_both_agree(
    made: Any, entry: Any
) -> None:
    green, red = entry("AC-SHIP2-009"), entry("AC-SHIP2-009", ["falsified"])
    assert ship_percent(made([green, green]).predicate) == 50
    assert ship_percent(made([green, red]).predicate) == 0
    assert ship_percent(made([red, green]).predicate) == 0


def test_a_criterion_that_the_release_does_not_weigh_earns_nothing(made: Any, entry: Any) -> None:
    assert ship_percent(made([entry("AC-OTHER-001")]).predicate) == 0


def test_criteria_that_are_not_written_are_pending_and_keep_their_weight(made: Any, entry: Any) -> None:
    bundle = made([entry("AC-SHIP2-005")])
    assert statuses(bundle, []) == {
        "AC-SHIP2-005": Status.DISCHARGED,
        "C-03": Status.PENDING,
        "AC-SHIP2-009": Status.PENDING,
        "AC-SHIP2-010": Status.PENDING,
    }
    assert ship_percent(bundle.predicate) == 30


def test_a_status_is_never_worth_anything(made: Any, entry: Any) -> None:
    """An earlier green shows as history, and earns nothing in a bundle where the criterion is red."""
    red = made([entry("AC-SHIP2-009", ["falsified"], functional=True)])
    assert statuses(red, []) == {**statuses(red, []), "AC-SHIP2-009": Status.FUNCTIONAL}
    assert ship_percent(red.predicate) == 0
