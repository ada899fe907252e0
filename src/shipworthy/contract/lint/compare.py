"""Whether one constraint is looser than another: what the ratchet turns on.

`implies(new, old)` is True only where every value that meets `new` meets `old`; where that cannot be told it
is False. So "tightening" and "neutral" are never said of a change by which something newly passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ..accepted import Range, admitted_members, plain, range_of, refers
from ..constraints import BOUNDS
from ..expectation import meets
from ..probe import Quantity

Constraint = Mapping[str, Any]


class Direction(StrEnum):
    """What a change does to a bar. INCOMPARABLE counts as a loosening."""

    TIGHTENING = "tightening"
    LOOSENING = "loosening"
    NEUTRAL = "neutral"
    INCOMPARABLE = "incomparable"

    @property
    def free(self) -> bool:
        """Whether nobody need approve it."""
        return self in (Direction.TIGHTENING, Direction.NEUTRAL)


def direction(*, tighter: bool, looser: bool) -> Direction:
    """From "all that passes now passed before" and "all that passed before passes now"."""
    if tighter and looser:
        return Direction.NEUTRAL
    if tighter:
        return Direction.TIGHTENING
    return Direction.LOOSENING if looser else Direction.INCOMPARABLE


def compare(old: Constraint, new: Constraint, quantity: Quantity | None = None) -> Direction:
    """What a change of a constraint does. `quantity` is its declaration, None where its type is not known."""
    return direction(tighter=implies(new, old, quantity), looser=implies(old, new, quantity))


def implies(narrow: Constraint, wide: Constraint, quantity: Quantity | None = None) -> bool:
    """Whether every value that meets `narrow` is sure to meet `wide`."""
    return all(_implied(narrow, keyword, value, quantity) for keyword, value in wide.items())


def _implied(narrow: Constraint, keyword: str, value: Any, quantity: Quantity | None) -> bool:
    """Whether every value that meets `narrow` is sure to meet one keyword."""
    if refers(keyword, value):
        # What a reference comes to is not known here: only the same reference says the same.
        if keyword != "items":
            return bool(narrow.get(keyword) == value)
        return "items" in narrow and implies(narrow["items"], value, _element(quantity))
    members = _members(narrow, quantity)
    if members is not None:
        return all(meets(keyword, value, member) for member in members)
    if keyword in BOUNDS:
        return _bounds(narrow, quantity).within(_bounds({keyword: value}, quantity))
    if keyword == "type":
        return _of_type(narrow, value, quantity)
    if keyword == "minItems":
        least = narrow.get("minItems", 0)
        # An empty list does not meet `items`.
        return _is_list(narrow) and value <= max(least, 1 if "items" in narrow else 0)
    if keyword == "maxItems":
        return "maxItems" in narrow and narrow["maxItems"] <= value
    if keyword == "items":
        return "items" in narrow and implies(narrow["items"], value, _element(quantity))
    return False


def _element(quantity: Quantity | None) -> Quantity | None:
    return None if quantity is None or quantity.items is None else Quantity(quantity.items, "element")


def _members(constraint: Constraint, quantity: Quantity | None) -> list[Any] | None:
    """The values that meet a constraint, where they are few enough to name: none is left out."""
    named = admitted_members(constraint)
    if named is not None:
        return named
    if quantity is not None and quantity.type == "boolean":
        return None
    found = _bounds(constraint, quantity)
    if found.low == found.high and math.isfinite(found.low) and not found.empty:
        return [found.low] if all(meets(k, v, found.low) for k, v in plain(constraint).items()) else []
    return None


def _bounds(constraint: Constraint, quantity: Quantity | None) -> Range:
    return range_of(constraint, integer=quantity is not None and quantity.type == "integer")


def _of_type(narrow: Constraint, name: str, quantity: Quantity | None) -> bool:
    if quantity is not None and quantity.type == name:
        return True
    stated = narrow.get("type")
    if stated == name or (stated == "integer" and name == "number"):
        return True
    if name == "number":
        return any(keyword in narrow for keyword in BOUNDS)
    return name == "array" and _is_list(narrow)


def _is_list(constraint: Constraint) -> bool:
    """Whether only a list can meet it."""
    return constraint.get("type") == "array" or bool({"minItems", "maxItems", "items"} & constraint.keys())
