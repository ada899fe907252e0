"""The closed subset of JSON Schema that an expectation may use, and what each keyword applies to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .probe import Quantity
from .values import is_integer, is_number, is_type

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
COUNTS = ("minItems", "maxItems")
KEYWORDS = ("type", "const", "enum", *BOUNDS, *COUNTS, "items")

APPLIES: Mapping[str, frozenset[str]] = {
    "number": frozenset({"type", "const", "enum", *BOUNDS}),
    "integer": frozenset({"type", "const", "enum", *BOUNDS}),
    "boolean": frozenset({"type", "const", "enum"}),
    "string": frozenset({"type", "const", "enum"}),
    "array": frozenset({"type", "const", "enum", *COUNTS, "items"}),
    "interval": frozenset(BOUNDS),
}

REGISTERED_PATH = re.compile(r"(constants|parameters|tokenizer)\.[a-z][a-z0-9_]*\Z|(id|licence)\Z")


def is_reference(value: Any) -> bool:
    """Whether a constraint's value is `{registered: path}`."""
    return isinstance(value, Mapping)


def constraint_problems(
    quantity: Quantity | None, constraint: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """What is wrong with a constraint on a quantity, as (key path, code, message).

    A quantity of None has no declared type (a host's facts): then only the constraint itself is looked at.
    """
    if not constraint:
        yield (), "empty-constraint", "constrains nothing"
    for keyword, value in constraint.items():
        if keyword not in KEYWORDS:
            yield (keyword,), "unknown-keyword", f"{keyword!r} is not one of {', '.join(KEYWORDS)}"
        elif quantity is not None and keyword not in APPLIES[quantity.type]:
            yield (
                (keyword,),
                "constraint-cannot-apply",
                f"{keyword} cannot apply to a quantity of type {quantity.type}",
            )
        elif problem := _value_problem(quantity, keyword, value):
            yield (keyword,), "bad-constraint", problem
    if constraint.keys() == {"type"}:
        yield ("type",), "empty-constraint", "a type alone accepts every value that the quantity can take"
    yield from _combination_problems(quantity, constraint)


def _value_problem(quantity: Quantity | None, keyword: str, value: Any) -> str | None:
    if is_reference(value) and keyword != "items":
        return _reference_problem(keyword, value)
    if keyword in BOUNDS and not is_number(value):
        return f"{keyword} is {value!r}; it must be a finite number"
    if keyword in COUNTS and not (is_integer(value) and value >= 0):
        return f"{keyword} is {value!r}; it must be a whole number of 0 or more"
    if keyword == "type" and quantity is not None and value != quantity.type:
        return f"type is {value!r}; the probe declares {quantity.type!r}"
    if keyword == "const":
        return _member_problem(quantity, value)
    if keyword == "enum":
        if not isinstance(value, list) or not value:
            return "enum must list at least one value"
        problems = (_member_problem(quantity, member) for member in value)
        return next((problem for problem in problems if problem), None)
    if keyword == "items" and not isinstance(value, Mapping):
        return f"items is {value!r}; it must be a constraint"
    return None


def _reference_problem(keyword: str, value: Mapping[str, Any]) -> str | None:
    path = value.get("registered")
    if set(value) != {"registered"} or not isinstance(path, str) or not REGISTERED_PATH.match(path):
        return (
            f"{keyword} is {dict(value)!r}; a reference is {{registered: PATH}} with PATH in constants.*, "
            "parameters.*, tokenizer.*, id or licence"
        )
    return None if keyword in (*BOUNDS, "const") else f"{keyword} cannot be a registered value"


def _member_problem(quantity: Quantity | None, value: Any) -> str | None:
    if value is None or (isinstance(value, float) and not is_number(value)):
        return f"{value!r} can never be met: null and numbers that are not finite equal nothing"
    if quantity is not None and not is_type(value, quantity.type):
        return f"{value!r} is not of the quantity's type {quantity.type}"
    return None


def _combination_problems(
    quantity: Quantity | None, constraint: Mapping[str, Any]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    lows = [constraint[key] for key in ("minimum", "exclusiveMinimum") if is_number(constraint.get(key))]
    highs = [constraint[key] for key in ("maximum", "exclusiveMaximum") if is_number(constraint.get(key))]
    if lows and highs:
        low, high = max(lows), min(highs)
        open_end = constraint.get("exclusiveMinimum") == low or constraint.get("exclusiveMaximum") == high
        if low > high or (low == high and open_end):
            yield (), "impossible-constraint", f"no number lies between {low} and {high}"
    least: Any = constraint.get("minItems")
    most: Any = constraint.get("maxItems")
    if is_integer(least) and is_integer(most) and least > most:
        yield (), "impossible-constraint", f"no array has at least {least} and at most {most} items"
    items = constraint.get("items")
    if isinstance(items, Mapping):
        if not (is_integer(least) and least >= 1):
            yield (
                ("items",),
                "vacuous-items",
                "items holds for an empty array; add minItems: 1",
            )
        kind = quantity.items if quantity is not None else None
        element = Quantity(kind, "element") if kind is not None else None
        for path, code, message in constraint_problems(element, items):
            yield ("items", *path), code, message
