"""Which values a constraint accepts of those that its quantity can take: every one, none, or some.

The closed subset of keywords is small enough to decide this. A value that the registration fills in is not
known here; a constraint with one accepts neither everything nor nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .constraints import BOUNDS, is_reference
from .expectation import meets
from .probe import Quantity
from .values import is_number

Finding = tuple[tuple[str, ...], str, str]
"""Key path in the constraint, code, message."""


@dataclass(frozen=True)
class Range:
    """Numbers from low to high; an open end is not among them."""

    low: float = -math.inf
    low_open: bool = False
    high: float = math.inf
    high_open: bool = False

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def within(self, other: Range) -> bool:
        """Whether every number of this range lies in the other."""
        low = self.low > other.low or (self.low == other.low and (self.low_open or not other.low_open))
        high = self.high < other.high or (self.high == other.high and (self.high_open or not other.high_open))
        return self.empty or (low and high)

    def meet(self, other: Range) -> Range:
        """The numbers that lie in both."""
        low = max((self.low, self.low_open), (other.low, other.low_open))
        high = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Range(low[0], low[1], high[0], not high[1])


def range_of(constraint: Mapping[str, Any], *, integer: bool = False) -> Range:
    """The range that the bounds of a constraint leave; of integers, with ends that are reached."""
    stated = [(key, constraint[key]) for key in BOUNDS if is_number(constraint.get(key))]
    lows = [(value, key == "exclusiveMinimum") for key, value in stated if key.endswith("inimum")]
    highs = [(value, key == "maximum") for key, value in stated if key.endswith("aximum")]
    low, low_open = max(lows, default=(-math.inf, False))
    high, reached = min(highs, default=(math.inf, True))
    found = Range(low, low_open, high, not reached)
    return _whole(found) if integer else found


def _whole(found: Range) -> Range:
    """The same range among whole numbers, with ends that are reached."""
    low, high = found.low, found.high
    if not math.isinf(low):
        low = math.floor(low) + 1 if found.low_open else math.ceil(low)
    if not math.isinf(high):
        high = math.ceil(high) - 1 if found.high_open else math.floor(high)
    return Range(low, False, high, False)


def plain(constraint: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords whose value stands in the file, without those that the registration fills in."""
    return {key: value for key, value in constraint.items() if not refers(key, value)}


def refers(keyword: str, value: Any) -> bool:
    """Whether the value of a keyword is, or holds, one that the registration fills in."""
    if keyword == "items" and isinstance(value, Mapping):
        return any(refers(key, inner) for key, inner in value.items())
    return is_reference(value)


def admitted_members(constraint: Mapping[str, Any]) -> list[Any] | None:
    """The values that `const` and `enum` leave once every other keyword is met; None without either."""
    stated = plain(constraint)
    if "const" in stated:
        members = [stated["const"]]
    elif "enum" in stated:
        members = list(stated["enum"])
    else:
        return None
    return [value for value in members if all(meets(key, wanted, value) for key, wanted in stated.items())]


def vacuity(quantity: Quantity | None, constraint: Mapping[str, Any]) -> Iterator[Finding]:
    """Where a well-formed constraint can never be red, or never green, on what the quantity can take."""
    if out_of_range := list(_outside(quantity, constraint)):
        yield from out_of_range
        return
    if _accepts_nothing(quantity, constraint):
        yield (), "impossible-constraint", "no value that the quantity can take meets all of this"
    elif quantity is not None and _accepts_everything(quantity, constraint):
        yield (), "accepts-everything", "every value that the quantity can take meets this"
    items = constraint.get("items")
    if isinstance(items, Mapping):
        kind = quantity.items if quantity is not None else None
        element = None if kind is None else Quantity(kind, "element")
        for path, code, message in vacuity(element, items):
            yield ("items", *path), code, message


_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxItems"})


def passes_of_nothing(quantity: Quantity, constraint: Mapping[str, Any]) -> bool:
    """Whether a count of 0, or an empty list, meets a constraint. What is registered is above 0, so that
    nothing is below an upper bound of it, and is neither it nor above a lower one."""
    nothing: Any = [] if quantity.type == "array" else 0
    return all(
        key in _UPPER if refers(key, value) else meets(key, value, nothing)
        for key, value in constraint.items()
    )


def _outside(quantity: Quantity | None, constraint: Mapping[str, Any]) -> Iterator[Finding]:
    """Bounds and members that lie beyond what the quantity can take."""
    if quantity is None:
        return
    for keyword in (*BOUNDS, "const"):
        value = constraint.get(keyword)
        if value is not None and not is_reference(value) and (problem := quantity.beyond(value)):
            yield (keyword,), "bound-out-of-range", f"{keyword} is {value!r}; the quantity {problem}"
    for value in constraint.get("enum", ()):
        if problem := quantity.beyond(value):
            yield ("enum",), "bound-out-of-range", f"enum has {value!r}; the quantity {problem}"


def _accepts_nothing(quantity: Quantity | None, constraint: Mapping[str, Any]) -> bool:
    members = admitted_members(constraint)
    if members is not None:
        return not members
    if quantity is None:
        return range_of(constraint).empty
    integer = quantity.type == "integer"
    return range_of(constraint, integer=integer).meet(_can_take(quantity)).empty


def _accepts_everything(quantity: Quantity, constraint: Mapping[str, Any]) -> bool:
    if any(refers(key, value) for key, value in constraint.items()):
        return False
    members = admitted_members(constraint)
    if members is not None:
        possible = [True, False] if quantity.type == "boolean" else list(quantity.values)
        return bool(possible) and all(value in members for value in possible)
    if quantity.type == "array":
        return constraint.keys() <= {"type", "minItems"} and not constraint.get("minItems")
    if quantity.type not in ("number", "integer", "interval"):
        return False
    integer = quantity.type == "integer"
    return _can_take(quantity).within(range_of(constraint, integer=integer))


def _can_take(quantity: Quantity) -> Range:
    """The numbers that a quantity, or an end of an interval, can be."""
    can_take = {"minimum": quantity.minimum, "maximum": quantity.maximum}
    return range_of(can_take, integer=quantity.type == "integer")
