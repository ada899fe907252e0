"""What holds of every expectation: NaN never passes, and a tighter bound never passes more."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shipworthy.contract import Outcome, Probe, Quantity, judge

NUMBER = Probe("n@1", "", {}, {"x": Quantity("number", "x")}, {"type": "object"}, dict)
INTERVAL = Probe("i@1", "", {}, {"x": Quantity("interval", "x")}, {"type": "object"}, dict)
ARRAY = Probe("a@1", "", {}, {"x": Quantity("array", "x", items="integer")}, {"type": "object"}, dict)

numbers = st.integers(-50, 50) | st.floats(-50, 50, allow_nan=False)
bounds = st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
constraints = st.dictionaries(bounds, numbers, min_size=1)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def intervals(draw: st.DrawFn) -> dict[str, Any]:
    low, high = sorted([draw(numbers), draw(numbers)])
    return {"low": low, "high": high, "level": 0.9, "n": draw(st.integers(1, 9)), "unit": ""}


def outcome(probe: Probe, constraint: dict, found: Any) -> Outcome:
    return judge({"x": constraint}, {"x": found}, probe, {}).outcome


def tighter(constraint: dict, steps: dict[str, float]) -> dict:
    signs = {"minimum": 1, "exclusiveMinimum": 1, "maximum": -1, "exclusiveMaximum": -1}
    return {key: value + signs[key] * steps.get(key, 0.0) for key, value in constraint.items()}


steps = st.dictionaries(bounds, st.floats(0, 10))


@given(constraints, steps, numbers)
def test_a_tighter_bound_never_passes_what_failed(constraint: dict, step: dict, found: float) -> None:
    if outcome(NUMBER, tighter(constraint, step), found) is Outcome.PASS:
        assert outcome(NUMBER, constraint, found) is Outcome.PASS


@given(constraints, steps, intervals())
def test_a_tighter_bound_never_passes_an_interval_that_did_not(
    constraint: dict, step: dict, found: dict
) -> None:
    after = outcome(INTERVAL, tighter(constraint, step), found)
    before = outcome(INTERVAL, constraint, found)
    if after is Outcome.PASS:
        assert before is Outcome.PASS
    if before is Outcome.FAIL:
        assert after in (Outcome.FAIL, Outcome.ERROR)


@given(intervals(), constraints, st.floats(0, 10), st.floats(0, 10))
def test_a_wider_interval_never_passes_what_a_narrower_did_not(
    found: dict, constraint: dict, down: float, up: float
) -> None:
    wider = {**found, "low": found["low"] - down, "high": found["high"] + up}
    if outcome(INTERVAL, constraint, wider) is Outcome.PASS:
        assert outcome(INTERVAL, constraint, found) is Outcome.PASS


@given(constraints, st.sampled_from([math.nan, math.inf, -math.inf, None]))
def test_what_is_not_finite_never_passes(constraint: dict, found: Any) -> None:
    assert outcome(NUMBER, constraint, found) is not Outcome.PASS
    for ends in ((found, 0), (0, found), (found, found)):
        interval = {"low": ends[0], "high": ends[1], "level": 0.9, "n": 3, "unit": ""}
        assert outcome(INTERVAL, constraint, interval) is not Outcome.PASS


@given(st.sampled_from(["minimum", "maximum", "const"]), st.sampled_from([math.nan, math.inf]), numbers)
def test_a_bound_that_is_not_finite_never_passes(keyword: str, bound: float, found: float) -> None:
    assert outcome(NUMBER, {keyword: bound}, found) is Outcome.ERROR


@given(constraints, json_values)
def test_what_passes_is_valid_json_schema_too(constraint: dict, found: Any) -> None:
    """The other way round does not hold, and must not: JSON Schema's bounds accept every string and null."""
    if outcome(NUMBER, constraint, found) is Outcome.PASS:
        assert Draft202012Validator({"type": "number", **constraint}).is_valid(found)


@given(
    st.fixed_dictionaries(
        {"minItems": st.integers(1, 4), "items": st.fixed_dictionaries({"maximum": st.integers(-5, 5)})},
        optional={"maxItems": st.integers(4, 6)},
    ),
    st.lists(st.integers(-9, 9), max_size=7),
)
def test_arrays_are_judged_as_json_schema_judges_them(constraint: dict, found: list[int]) -> None:
    valid = Draft202012Validator({"type": "array", **constraint}).is_valid(found)
    assert outcome(ARRAY, constraint, found) is (Outcome.PASS if valid else Outcome.FAIL)


@given(st.permutations(["a", "b", "c"]), st.tuples(numbers, numbers, numbers))
def test_the_order_of_quantities_is_irrelevant(order: list[str], found: tuple[float, ...]) -> None:
    probe = Probe("m@1", "", {}, {name: Quantity("number", name) for name in "abc"}, {"type": "object"}, dict)
    expect = {name: {"minimum": 0} for name in order}
    quantities = dict(zip("abc", found, strict=True))
    expected = Outcome.PASS if min(found) >= 0 else Outcome.FAIL
    assert judge(expect, quantities, probe, {}).outcome is expected
