"""Quantities against expectations: only what is met passes, and what cannot be judged is ERROR."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shipworthy.contract import Outcome, Probe, combine, judge, judge_values

PASS, FAIL, INCONCLUSIVE, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR
REGISTERED = {"parameters": {"low": 10, "high": 20}, "tokenizer": {"digest": None}, "licence": "mit"}


def interval(low: Any, high: Any, **other: Any) -> dict[str, Any]:
    return {"low": low, "high": high, "level": 0.9375, "n": 5, "unit": "lines/s", **other}


def outcome(probe: Probe, expect: dict, quantities: dict) -> Outcome:
    return judge(expect, quantities, probe, REGISTERED).outcome


@pytest.mark.parametrize(
    ("name", "constraint", "found", "expected"),
    [
        ("lines", {"const": 3}, 3, PASS),
        ("lines", {"const": 3}, 3.0, PASS),
        ("lines", {"const": 3}, 4, FAIL),
        ("lines", {"minimum": 3}, 3, PASS),
        ("lines", {"exclusiveMinimum": 3}, 3, FAIL),
        ("lines", {"maximum": 3}, 3, PASS),
        ("lines", {"exclusiveMaximum": 3}, 3, FAIL),
        ("lines", {"minimum": 1, "maximum": 3}, 4, FAIL),
        ("lines", {"minimum": 1}, 10**400, PASS),
        ("lines", {"maximum": 1.5}, 10**400, FAIL),
        ("lines", {"enum": [1, 2]}, 2, PASS),
        ("lines", {"enum": [1, 2]}, 3, FAIL),
        ("longest", {"maximum": 1.0e-8}, None, FAIL),
        ("longest", {"maximum": 1.0e-8}, math.nan, FAIL),
        ("longest", {"minimum": 1.0e-8}, math.inf, FAIL),
        ("longest", {"maximum": 1.0e-8}, "1e9", ERROR),
        ("longest", {"maximum": 1.0e-8}, [], ERROR),
        ("longest", {"maximum": 1.0e-8}, False, ERROR),
        ("lines", {"const": 1}, True, ERROR),
        ("lines", {"const": 1}, 1.5, ERROR),
        ("blank", {"const": False}, False, PASS),
        ("blank", {"const": False}, True, FAIL),
        ("blank", {"const": False}, 0, ERROR),
        ("blank", {"const": False}, None, FAIL),
        ("first", {"const": "a"}, "a", PASS),
        ("first", {"enum": ["a", "b"]}, "c", FAIL),
        ("names", {"maxItems": 0}, [], PASS),
        ("names", {"maxItems": 0}, ["a"], FAIL),
        ("names", {"minItems": 1, "items": {"enum": ["a", "b"]}}, ["a", "b"], PASS),
        ("names", {"minItems": 1, "items": {"enum": ["a", "b"]}}, ["a", "c"], FAIL),
        ("names", {"minItems": 1, "items": {"enum": ["a", "b"]}}, ["a", None], FAIL),
        ("names", {"minItems": 1, "items": {"enum": ["a", "b"]}}, [], FAIL),
        ("names", {"const": ["a", "b"]}, ["a", "b"], PASS),
        ("names", {"const": ["a", "b"]}, ["b", "a"], FAIL),
        ("rate", {"minimum": 10}, interval(10, 12), PASS),
        ("rate", {"minimum": 10}, interval(9, 12), INCONCLUSIVE),
        ("rate", {"minimum": 10}, interval(8, 9.99), FAIL),
        ("rate", {"maximum": 10}, interval(8, 10), PASS),
        ("rate", {"maximum": 10}, interval(8, 11), INCONCLUSIVE),
        ("rate", {"maximum": 10}, interval(11, 12), FAIL),
        ("rate", {"minimum": 5, "maximum": 10}, interval(4, 4.5), FAIL),
        ("rate", {"minimum": 5, "maximum": 10}, interval(4, 11), INCONCLUSIVE),
        ("rate", {"minimum": 5, "maximum": 10}, interval(11, 12), FAIL),
        ("rate", {"minimum": 10}, interval(None, 12), FAIL),
        ("rate", {"minimum": 10}, interval(11, None), FAIL),
        ("rate", {"minimum": 10}, None, FAIL),
    ],
)
def test_one_constraint(probe: Probe, name: str, constraint: dict, found: Any, expected: Outcome) -> None:
    assert outcome(probe, {name: constraint}, {name: found}) is expected


@pytest.mark.parametrize(
    "found",
    [
        interval(12, 11),
        interval(math.nan, math.nan),
        interval(11, 12, n=0),
        interval(11, 12, n=True),
        interval(11, 12, level=0),
        interval(11, 12, level=1.5),
        interval(11, 12, unit="lines/h"),
        interval("11", 12),
        interval(11, 12, extra=1),
        {"low": 11, "high": 12},
        11,
        [11, 12],
    ],
)
def test_a_malformed_interval_never_passes(probe: Probe, found: Any) -> None:
    assert outcome(probe, {"rate": {"minimum": 10}}, {"rate": found}) is ERROR


@pytest.mark.parametrize(
    ("expect", "quantities"),
    [
        ({}, {"lines": 3}),
        ({"lines": {}}, {"lines": 3}),
        ({"lines": {"type": "integer"}}, {"lines": 3}),
        ({"lines": {"const": 3}}, {}),
        ({"words": {"const": 3}}, {"words": 3}),
        ({"lines": {"minimum": math.nan}}, {"lines": 3}),
        ({"lines": {"minimum": -math.inf}}, {"lines": 3}),
        ({"lines": {"minimum": None}}, {"lines": 3}),
        ({"lines": {"minimum": True}}, {"lines": 3}),
        ({"lines": {"minimum": "1"}}, {"lines": 3}),
        ({"lines": {"not": {"const": 4}}}, {"lines": 3}),
        ({"lines": {"minItems": 0}}, {"lines": 3}),
        ({"blank": {"minimum": 0}}, {"blank": True}),
        ({"names": {"items": {"const": "a"}}}, {"names": ["a"]}),
        ({"rate": {"const": 3}}, {"rate": interval(3, 3)}),
        ({"lines": {"minimum": {"registered": "parameters.middle"}}}, {"lines": 15}),
        ({"first": {"const": {"registered": "tokenizer.digest"}}}, {"first": "abc"}),
        ({"lines": {"minimum": {"registered": "licence"}}}, {"lines": 15}),
        ({"lines": {"minimum": {"low": 3}}}, {"lines": 15}),
    ],
)
def test_what_cannot_be_judged_is_an_error(probe: Probe, expect: dict, quantities: dict) -> None:
    assert outcome(probe, expect, quantities) is ERROR


def test_registered_numbers_are_resolved_and_kept_in_the_check(probe: Probe) -> None:
    band = {"minimum": {"registered": "parameters.low"}, "maximum": {"registered": "parameters.high"}}
    judgement = judge({"lines": band}, {"lines": 21}, probe, REGISTERED)
    (check,) = judgement.checks
    assert check.constraint == {"minimum": 10, "maximum": 20}
    assert check.message == "lines: found 21, expected >= 10 and <= 20"
    assert judgement.failed == {"lines"}


def test_a_falsifier_is_as_bad_as_its_worst_quantity(probe: Probe) -> None:
    expect = {"lines": {"const": 3}, "rate": {"minimum": 10}, "blank": {"const": False}}
    found = {"lines": 3, "rate": interval(9, 12), "blank": False}
    assert outcome(probe, expect, found) is INCONCLUSIVE
    assert outcome(probe, expect, {**found, "lines": 4}) is FAIL
    assert outcome(probe, expect, {**found, "lines": 4, "blank": 0}) is ERROR


def test_of_nothing_at_all_the_outcome_is_error() -> None:
    assert combine([]) is ERROR


def test_messages_say_what_was_found_and_expected_with_the_unit(probe: Probe) -> None:
    judgement = judge({"rate": {"minimum": 10}}, {"rate": interval(9, 12)}, probe, {})
    assert judgement.checks[0].message == (
        "rate: found [9, 12] (level 0.9375, n = 5) lines/s, expected >= 10 lines/s"
    )


def test_values_without_declared_types_are_held_as_strictly() -> None:
    host = {"name": {"const": "small"}, "cores": {"minimum": 2}}
    assert judge_values(host, {"name": "small", "cores": 2}, None, {}).outcome is PASS
    assert judge_values(host, {"name": "small", "cores": "2"}, None, {}).outcome is FAIL
    assert judge_values(host, {"name": "large", "cores": 2}, None, {}).outcome is FAIL
    assert judge_values(host, {"cores": 2}, None, {}).outcome is ERROR
