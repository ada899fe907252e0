"""An expectation that accepts every value that its quantity can take, or none, is told by what it accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.contract import MeasurementError, Outcome, Probe, Quantity, judge, quantities_of
from shipworthy.contract.accepted import Range, range_of, vacuity

COUNT = Quantity("integer", "a count", minimum=0)
SHARE = Quantity("number", "a share", minimum=0, maximum=1)
NUMBER = Quantity("number", "any number")
FLAG = Quantity("boolean", "a flag")
FORMAT = Quantity("string", "a format", values=("apr", "gguf", "hf"))
WORD = Quantity("string", "any word")
WORDS = Quantity("array", "words", items="string")
FLAGS = Quantity("array", "flags", items="boolean")
RATE = Quantity("interval", "a rate", unit="1/s", minimum=0)

REGISTERED = {"registered": "parameters.low"}


@pytest.mark.parametrize(
    ("quantity", "constraint", "code"),
    [
        (COUNT, {"minimum": 0}, "accepts-everything"),
        (COUNT, {"exclusiveMinimum": -0.5}, "bound-out-of-range"),
        (COUNT, {"minimum": 0, "exclusiveMinimum": 0}, None),
        (COUNT, {"minimum": 1}, None),
        (COUNT, {"maximum": 0}, None),
        (COUNT, {"maximum": -1}, "bound-out-of-range"),
        (COUNT, {"exclusiveMaximum": 0}, "impossible-constraint"),
        (COUNT, {"exclusiveMinimum": 0, "exclusiveMaximum": 1}, "impossible-constraint"),
        (COUNT, {"minimum": 0.2, "maximum": 0.8}, "impossible-constraint"),
        (COUNT, {"const": -3}, "bound-out-of-range"),
        (COUNT, {"const": 3, "minimum": 5}, "impossible-constraint"),
        (COUNT, {"enum": [1, 2], "const": 3}, "impossible-constraint"),
        (COUNT, {"enum": [1, -2]}, "bound-out-of-range"),
        (COUNT, {"minimum": REGISTERED}, None),
        (SHARE, {"maximum": 1}, "accepts-everything"),
        (SHARE, {"minimum": 0, "maximum": 1.0}, "accepts-everything"),
        (SHARE, {"exclusiveMaximum": 1}, None),
        (SHARE, {"maximum": 2}, "bound-out-of-range"),
        (SHARE, {"minimum": 1}, None),
        (NUMBER, {"minimum": -1.0e300}, None),
        (FLAG, {"const": True}, None),
        (FLAG, {"enum": [True, False]}, "accepts-everything"),
        (FORMAT, {"enum": ["hf", "apr", "gguf"]}, "accepts-everything"),
        (FORMAT, {"enum": ["hf", "apr"]}, None),
        (FORMAT, {"const": "onnx"}, "bound-out-of-range"),
        (WORD, {"enum": ["a", "b"]}, None),
        (WORDS, {"minItems": 0}, "accepts-everything"),
        (WORDS, {"maxItems": 0}, None),
        (WORDS, {"minItems": 1}, None),
        (WORDS, {"const": ["a"], "minItems": 2}, "impossible-constraint"),
        (FLAGS, {"minItems": 1, "items": {"enum": [True, False]}}, "accepts-everything"),
        (FLAGS, {"minItems": 1, "items": {"const": True}}, None),
        (RATE, {"minimum": 0}, "accepts-everything"),
        (RATE, {"minimum": 2.5}, None),
        (RATE, {"maximum": -1}, "bound-out-of-range"),
        (None, {"const": "small", "enum": ["large"]}, "impossible-constraint"),
        (None, {"minimum": 0}, None),
    ],
)
def test_a_vacuous_constraint_is_named(
    quantity: Quantity | None, constraint: Mapping[str, Any], code: str | None
) -> None:
    found = [found for _, found, _ in vacuity(quantity, constraint)]
    assert found == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("constraint", "integer", "expected"),
    [
        ({"exclusiveMinimum": 4, "minimum": 3}, False, Range(4, True)),
        ({"exclusiveMinimum": 4, "minimum": 4}, False, Range(4, True)),
        ({"exclusiveMaximum": 4, "maximum": 4}, False, Range(high=4, high_open=True)),
        ({"exclusiveMinimum": 4, "exclusiveMaximum": 6.5}, True, Range(5, False, 6, False)),
        ({"minimum": REGISTERED}, True, Range()),
    ],
)
def test_the_range_that_bounds_leave(constraint: Mapping[str, Any], integer: bool, expected: Range) -> None:
    assert range_of(constraint, integer=integer) == expected


bounds = st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
small = st.integers(-4, 4) | st.sampled_from([-0.5, 0.5, 1.5])
constraints = st.dictionaries(bounds, small, min_size=1)


@given(constraints, st.sampled_from([COUNT, NUMBER, SHARE]))
def test_what_is_called_vacuous_is_vacuous_and_nothing_else_of_whole_numbers(
    constraint: dict[str, Any], quantity: Quantity
) -> None:
    probe = Probe("n@1", "", {}, {"x": quantity}, {"type": "object"}, dict)
    values = [n / 4 for n in range(-40, 41)] if quantity.type == "number" else list(range(-10, 11))
    values = [value for value in values if not quantity.beyond(value)]
    passed = [judge({"x": constraint}, {"x": v}, probe, {}).outcome is Outcome.PASS for v in values]
    codes = {code for _, code, _ in vacuity(quantity, constraint)}
    if "accepts-everything" in codes:
        assert all(passed)
    if "impossible-constraint" in codes:
        assert not any(passed)
    if quantity is COUNT and not codes:
        assert any(passed)
        assert not all(passed)


@pytest.mark.parametrize(
    ("quantity", "value", "said"),
    [
        (COUNT, -1, "is never below 0 and came as -1"),
        (SHARE, 1.5, "is never above 1"),
        (FORMAT, "onnx", "is one of apr, gguf, hf"),
        (
            RATE,
            {"low": -1.0, "high": 2.0, "level": 0.9, "n": 5, "unit": "1/s"},
            "interval that is never below 0",
        ),
    ],
)
def test_a_value_that_a_quantity_cannot_take_is_no_measurement(
    quantity: Quantity, value: Any, said: str
) -> None:
    probe = Probe("n@1", "", {}, {"x": quantity}, {"type": "object"}, lambda raw: {"x": raw["x"]})
    with pytest.raises(MeasurementError, match=said):
        quantities_of(probe, {"x": value})
    assert quantities_of(probe, {"x": None}) == {"x": None}
