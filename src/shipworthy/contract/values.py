"""The values that quantities take, typed as JSON Schema types them: a bool is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

QuantityType = Literal["number", "integer", "boolean", "string", "array", "interval"]

_INTERVAL_KEYS = frozenset({"low", "high", "level", "n", "unit"})


def is_number(value: Any) -> bool:
    """A finite int or float; a bool is none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def is_integer(value: Any) -> bool:
    """A whole number. As in JSON Schema, 1.0 is an integer; True is not."""
    return is_number(value) and value == int(value)


def is_type(value: Any, name: str) -> bool:
    """Whether a value is of a quantity's type. None is of no type."""
    match name:
        case "number":
            return is_number(value)
        case "integer":
            return is_integer(value)
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case "interval":
            return interval_problem(value) is None
    return False


def interval_problem(value: Any, unit: str | None = None) -> str | None:
    """What is wrong with an interval {low, high, level, n, unit}, or None.

    low and high may be None (not finite when measured); such an interval meets no constraint.
    """
    if not isinstance(value, Mapping) or set(value) != _INTERVAL_KEYS:
        return "is not an interval {low, high, level, n, unit}"
    low, high, level, n = value["low"], value["high"], value["level"], value["n"]
    for name, end in (("low", low), ("high", high)):
        if end is not None and not is_number(end):
            return f"is an interval whose {name} is {end!r}, no finite number"
    if low is not None and high is not None and not low <= high:
        return f"is an interval whose low {low!r} is above its high {high!r}"
    if not is_number(level) or not 0 < level <= 1:
        return f"is an interval of level {level!r}; a level is in (0, 1]"
    if not is_integer(n) or n < 1:
        return f"is an interval over n = {n!r} samples"
    if not isinstance(value["unit"], str) or (unit is not None and value["unit"] != unit):
        return f"is an interval in {value['unit']!r}" + ("" if unit is None else f", declared in {unit!r}")
    return None


def without_non_finite(value: Any) -> tuple[Any, bool]:
    """A JSON value with every NaN and infinity replaced by None, tuples by lists, and whether it had none."""
    if isinstance(value, float) and not math.isfinite(value):
        return None, False
    if isinstance(value, list | tuple):
        pairs = [without_non_finite(item) for item in value]
        return [item for item, _ in pairs], all(clean for _, clean in pairs)
    if isinstance(value, Mapping):
        items = {key: without_non_finite(item) for key, item in value.items()}
        return {key: item for key, (item, _) in items.items()}, all(clean for _, clean in items.values())
    return value, True


def equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, True does not equal 1, None and NaN equal nothing."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, bool) and isinstance(right, bool):
        return left is right
    return isinstance(left, str) and isinstance(right, str) and left == right
