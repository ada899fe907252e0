"""Every pair of small constraints, held against values: what the direction says is what the judge does."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from shipworthy.contract import Outcome, Quantity, judge_values
from shipworthy.contract.constraints import constraint_problems
from shipworthy.contract.lint.compare import Direction, compare

Constraint = dict[str, Any]

LOWS: list[Constraint] = [{}, *({key: n} for key in ("minimum", "exclusiveMinimum") for n in (1, 2))]
HIGHS: list[Constraint] = [{}, *({key: n} for key in ("maximum", "exclusiveMaximum") for n in (2, 3))]
BOUNDS: list[Constraint] = [{**low, **high} for low, high in product(LOWS, HIGHS)]
MEMBERS: list[Constraint] = [{"const": 2}, {"enum": [1, 2]}, {"enum": [1, 2, 3], "minimum": 2}]
COUNTS: list[Constraint] = [
    {**({"minItems": least} if least is not None else {}), **({"maxItems": most} if most is not None else {})}
    for least, most in product((None, 0, 1, 2), (None, 0, 1, 2))
]
ITEMS: list[Constraint] = [{"minItems": n, "items": bound} for n in (1, 2) for bound in BOUNDS[1::3]]
NUMBERS = [n / 2 for n in range(9)]
LISTS = [[], *([n] for n in range(5)), *([a, b] for a in range(4) for b in range(4)), [1, 2, 3]]
INTERVALS = [
    {"low": low, "high": high, "level": 0.9, "n": 5, "unit": ""}
    for low, high in product(NUMBERS, NUMBERS)
    if low <= high
]

CASES: dict[str, tuple[Quantity | None, list[Constraint], list[Any]]] = {
    "number": (Quantity("number", ""), [*BOUNDS, *MEMBERS], NUMBERS),
    "integer": (Quantity("integer", ""), [*BOUNDS, *MEMBERS], list(range(5))),
    "interval": (Quantity("interval", ""), BOUNDS, INTERVALS),
    "array": (Quantity("array", "", items="integer"), [*COUNTS, *ITEMS, {"const": [1]}], LISTS),
    "unknown": (
        None,
        [*BOUNDS, *MEMBERS, *COUNTS, {"type": "number", "minimum": 1}, {"const": True}],
        [*NUMBERS, True, False, "a", *LISTS],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_direction_of_every_pair(name: str) -> None:
    quantity, constraints, values = CASES[name]
    declared = None if quantity is None else {"x": quantity}
    accepted = [
        (
            constraint,
            {
                index
                for index, value in enumerate(values)
                if judge_values({"x": constraint}, {"x": value}, declared, {}).outcome is Outcome.PASS
            },
        )
        for constraint in constraints
        if not list(constraint_problems(quantity, constraint))
    ]
    assert len(accepted) > 12
    for (old, before), (new, after) in product(accepted, accepted):
        found = compare(old, new, quantity)
        if after - before:
            assert found in (Direction.LOOSENING, Direction.INCOMPARABLE), (old, new)
        if before - after:
            assert found in (Direction.TIGHTENING, Direction.INCOMPARABLE), (old, new)
        if name in ("number", "interval"):
            # Here the values tell every two constraints apart, so the comparison must be exact.
            expected = {
                (True, True): Direction.NEUTRAL,
                (True, False): Direction.TIGHTENING,
                (False, True): Direction.LOOSENING,
                (False, False): Direction.INCOMPARABLE,
            }[after <= before, before <= after]
            assert found is expected, (old, new)
