"""`lint --against` never calls a looser contract tighter: whatever newly passes, the change is no tightening.

Constraints, whole expectations and whole contracts are generated in pairs, and held against values by the
real judge.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shipworthy.contract import Catalogue, Contract, Outcome, Probe, Quantity, judge_values
from shipworthy.contract.constraints import constraint_problems
from shipworthy.contract.lint.compare import Direction, compare, implies
from shipworthy.contract.lint.contract_changes import contract_changes
from shipworthy.contract.read import read_contract
from shipworthy.strict_yaml import loads

FACTS = {"parameters": {"low": 2, "high": 4}, "constants": {"num_layers": 3}}
QUANTITIES = {
    "number": Quantity("number", ""),
    "integer": Quantity("integer", ""),
    "boolean": Quantity("boolean", ""),
    "string": Quantity("string", ""),
    "interval": Quantity("interval", ""),
    "integers": Quantity("array", "", items="integer"),
    "words": Quantity("array", "", items="string"),
    "unknown": None,
}

halves = st.integers(-2, 6) | st.sampled_from([0.5, 2.5, 3.0, 4.5])
counts = st.integers(0, 3)
words = st.sampled_from(["a", "b", ""])
references = st.sampled_from([{"registered": "parameters.low"}, {"registered": "constants.num_layers"}])
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""Lower and upper ones in turn."""


def _keywords(scalars: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "const": scalars,
        "enum": st.lists(scalars, min_size=1, max_size=3),
        **dict.fromkeys(BOUNDS, halves | references),
    }


def constraints(name: str) -> st.SearchStrategy[dict[str, Any]]:
    numbers = st.fixed_dictionaries({}, optional={**_keywords(halves), "type": st.just("number")})
    integers = st.fixed_dictionaries(
        {}, optional={**_keywords(st.integers(-2, 6)), "type": st.just("integer")}
    )
    lists = {
        "minItems": counts,
        "maxItems": counts,
        "const": st.lists(st.integers(0, 3) | words, max_size=2),
        "enum": st.lists(st.lists(st.integers(0, 3), max_size=2), min_size=1, max_size=2),
    }
    table: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "number": numbers,
        "integer": integers,
        "boolean": st.fixed_dictionaries(
            {}, optional={"const": st.booleans(), "enum": st.lists(st.booleans(), min_size=1, max_size=2)}
        ),
        "string": st.fixed_dictionaries(
            {}, optional={"const": words, "enum": st.lists(words, min_size=1, max_size=2)}
        ),
        "interval": st.fixed_dictionaries({}, optional=dict.fromkeys(BOUNDS, halves | references)),
        "integers": st.fixed_dictionaries({}, optional={**lists, "items": integers}),
        "words": st.fixed_dictionaries(
            {}, optional={**lists, "items": st.fixed_dictionaries({"enum": st.lists(words, min_size=1)})}
        ),
    }
    anything = {
        "type": st.sampled_from(["number", "integer", "boolean", "string", "array"]),
        **_keywords(halves | words | st.booleans() | st.lists(st.integers(0, 3), max_size=2)),
        "minItems": counts,
        "maxItems": counts,
        "items": integers,
    }
    table["unknown"] = st.fixed_dictionaries({}, optional=anything) | numbers | integers
    return table[name].filter(bool).map(repaired)


def repaired(constraint: dict[str, Any]) -> dict[str, Any]:
    """The constraint without the commonest contradictions, which the loader refuses anyhow."""
    fixed = dict(constraint)
    if "items" in fixed:
        fixed["minItems"] = max(1, fixed.get("minItems", 1))
        if isinstance(fixed["items"], dict):
            fixed["items"] = repaired(fixed["items"]) or {"minimum": 0}
    if fixed.get("minItems", 0) > fixed.get("maxItems", 9):
        fixed["maxItems"] = fixed["minItems"]
    lows = [fixed[key] for key in BOUNDS[::2] if isinstance(fixed.get(key), int | float)]
    highs = [key for key in BOUNDS[1::2] if isinstance(fixed.get(key), int | float)]
    if lows:
        fixed.update({key: fixed[key] + max(lows) + 3 for key in highs if fixed[key] <= max(lows)})
    if fixed.keys() == {"type"}:
        fixed["enum"] = {"number": [2.5], "integer": [2], "boolean": [True], "string": ["a"]}.get(
            fixed["type"], [[1]]
        )
    return fixed


def interval(low: float, high: float) -> dict[str, Any]:
    return {"low": low, "high": high, "level": 0.9, "n": 5, "unit": ""}


NUMBERS = [*range(-3, 8), 0.5, 1.5, 2.5, 3.5, 4.5, 2.0, 3.0]
LISTS = [[], *([n] for n in range(-1, 5)), [0, 1], [2, 3], [1, 1, 1], [0, 1, 2, 3], ["a"], ["b"], ["a", "b"]]
INTERVALS = [interval(low, high) for low in range(-2, 6) for high in range(low, 7)]
VALUES: dict[str, list[Any]] = {
    "number": NUMBERS,
    "integer": NUMBERS,
    "boolean": [True, False],
    "string": ["a", "b", ""],
    "interval": INTERVALS,
    "integers": LISTS,
    "words": LISTS,
    "unknown": [*NUMBERS, True, False, "a", "b", "", *LISTS, *INTERVALS[::3]],
}


def passes(name: str, constraint: dict[str, Any], value: Any) -> bool:
    quantity = QUANTITIES[name]
    declared = None if quantity is None else {"x": quantity}
    return judge_values({"x": constraint}, {"x": value}, declared, FACTS).outcome is Outcome.PASS


def well_formed(name: str, constraint: dict[str, Any]) -> bool:
    return not list(constraint_problems(QUANTITIES[name], constraint))


@pytest.mark.parametrize("name", QUANTITIES)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_newly_passes_is_never_a_tightening(name: str, data: st.DataObject) -> None:
    old = data.draw(constraints(name), "old")
    # Half of the pairs differ in one keyword only, as changes of a bound do.
    new = data.draw(
        constraints(name) | constraints(name).map(lambda other: repaired({**old, **other})), "new"
    )
    assume(well_formed(name, old) and well_formed(name, new))
    found = compare(old, new, QUANTITIES[name])
    newly = [value for value in VALUES[name] if passes(name, new, value) and not passes(name, old, value)]
    lost = [value for value in VALUES[name] if passes(name, old, value) and not passes(name, new, value)]
    if newly:
        assert found in (Direction.LOOSENING, Direction.INCOMPARABLE), newly
    if lost:
        assert found in (Direction.TIGHTENING, Direction.INCOMPARABLE), lost
    assert implies(old, old, QUANTITIES[name])


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("number", {"maximum": 1.0e-8}, {"maximum": 1.0e-6}, "loosening"),
        ("number", {"maximum": 1.0e-6}, {"maximum": 1.0e-8}, "tightening"),
        ("number", {"maximum": 3}, {"maximum": 3.0}, "neutral"),
        ("number", {"maximum": 3}, {"exclusiveMaximum": 3}, "tightening"),
        ("number", {"minimum": 1, "maximum": 3}, {"minimum": 2, "maximum": 4}, "incomparable"),
        ("number", {"minimum": 1, "maximum": 3}, {"minimum": 1}, "loosening"),
        ("number", {"const": 3}, {"minimum": 3}, "loosening"),
        ("number", {"const": 3}, {"minimum": 3, "maximum": 3}, "neutral"),
        ("integer", {"minimum": 5}, {"exclusiveMinimum": 4}, "neutral"),
        ("integer", {"exclusiveMinimum": 4, "exclusiveMaximum": 6}, {"const": 5}, "neutral"),
        ("number", {"minimum": 5}, {"exclusiveMinimum": 4}, "loosening"),
        ("number", {"minimum": {"registered": "parameters.low"}}, {"minimum": 2}, "incomparable"),
        ("boolean", {"const": True}, {"enum": [True, False]}, "loosening"),
        ("boolean", {"const": True}, {"const": False}, "incomparable"),
        ("string", {"enum": ["a", "b"]}, {"const": "a"}, "tightening"),
        ("words", {"maxItems": 0}, {"maxItems": 1}, "loosening"),
        ("words", {"const": []}, {"maxItems": 0}, "loosening"),
        (
            "integers",
            {"minItems": 1, "items": {"minimum": 2}},
            {"minItems": 1, "items": {"minimum": 1}},
            "loosening",
        ),
        ("integers", {"minItems": 1}, {"minItems": 1, "items": {"minimum": 1}}, "tightening"),
        ("interval", {"minimum": 100}, {"minimum": 90}, "loosening"),
        ("unknown", {"minimum": 2}, {"type": "number"}, "loosening"),
        ("unknown", {"const": "small"}, {"enum": ["small", "large"]}, "loosening"),
    ],
)
def test_the_direction_of_a_change(name: str, old: dict, new: dict, expected: str) -> None:
    assert compare(old, new, QUANTITIES[name]) == expected


NAMES = ("number", "integer", "boolean", "interval", "integers")
DECLARED = {name: quantity for name in NAMES if (quantity := QUANTITIES[name]) is not None}
PROBE = Probe("many@1", "", {"runs": {}}, DECLARED, {"type": "object"}, dict, samples=frozenset({"runs"}))


@st.composite
def falsifier(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    usable = {
        name: constraints(name).filter(lambda item, name=name: well_formed(name, item)) for name in names
    }
    expect = {name: draw(usable[name]) for name in names}
    found: dict[str, Any] = {"probe": "many@1", "expect": expect}
    if draw(st.booleans()):
        found["with"] = {"runs": draw(st.integers(1, 3))}
    return found


def contract(falsifiers: list[dict[str, Any]]) -> Contract:
    value = {
        "id": "C-99", "version": "1.0.0", "state": "ACTIVE", "title": "t", "statement": "s", "why": "w",
        "subject": "checkpoint",
        "falsifiers": [{"id": f"FALSIFY-{n}", **item} for n, item in enumerate(falsifiers)],
    }  # fmt: skip
    return read_contract(loads(json.dumps(value).encode(), Path("c-99.yaml")))


EMPTY = Catalogue(Path("contracts"), {}, {}, {}, {}, {})
subjects = st.fixed_dictionaries(
    {
        "number": st.sampled_from(NUMBERS),
        "integer": st.integers(-3, 7),
        "boolean": st.booleans(),
        "interval": st.sampled_from(INTERVALS),
        "integers": st.lists(st.integers(-1, 4), max_size=3),
    }
)


def survives(of: Contract, quantities: dict[str, Any], runs: int) -> bool:
    """Whether a subject of these quantities, measured this often, is DISCHARGED."""
    return bool(of.falsifiers) and all(
        runs >= item.parameters.get("runs", 0)
        and judge_values(item.expect, quantities, DECLARED, FACTS).outcome is Outcome.PASS
        for item in of.falsifiers
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(falsifier(), min_size=1, max_size=2),
    st.data(),
    st.lists(st.tuples(subjects, st.integers(0, 3)), min_size=12, max_size=12),
)
def test_a_contract_that_newly_lets_a_subject_pass_has_a_change_that_is_not_free(
    before: list[dict[str, Any]], data: st.DataObject, tried: list[tuple[dict[str, Any], int]]
) -> None:
    kept = data.draw(st.lists(st.sampled_from(before), min_size=1, max_size=2, unique_by=id))
    after = kept if data.draw(st.booleans()) else [{**kept[0], **data.draw(falsifier())}, *kept[1:]]
    old, new = contract(before), contract(after)
    changes = list(contract_changes(old, new, EMPTY, EMPTY, {"many@1": PROBE}))
    if any(survives(new, values, runs) and not survives(old, values, runs) for values, runs in tried):
        assert any(not change.direction.free for change in changes), changes
    assert not list(contract_changes(old, old, EMPTY, EMPTY, {"many@1": PROBE}))
