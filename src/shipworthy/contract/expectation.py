"""Hold quantities against what a falsifier expects. Nothing but PASS passes, and NaN or null never does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .constraints import BOUNDS, constraint_problems, is_reference
from .failure_line import describe, shorten
from .probe import Probe, Quantity
from .values import equal, interval_problem, is_number, is_type


class Outcome(StrEnum):
    """What one falsifier, or one quantity of it, came to."""

    PASS = "PASS"  # noqa: S105 - an outcome, no password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNMEASURABLE = "UNMEASURABLE"
    ERROR = "ERROR"


_WORST_FIRST = (Outcome.ERROR, Outcome.UNMEASURABLE, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)


@dataclass(frozen=True)
class Check:
    """One quantity against its constraint, references resolved; `found` is None where it could not be had."""

    quantity: str
    constraint: Mapping[str, Any]
    found: Any
    outcome: Outcome
    message: str


@dataclass(frozen=True)
class Judgement:
    """The outcome of a falsifier, and the checks that made it, in the order of the contract."""

    outcome: Outcome
    checks: tuple[Check, ...]

    @property
    def failed(self) -> frozenset[str]:
        """The quantities whose outcome is FAIL."""
        return frozenset(check.quantity for check in self.checks if check.outcome is Outcome.FAIL)


def combine(outcomes: Iterable[Outcome]) -> Outcome:
    """ERROR over UNMEASURABLE over FAIL over INCONCLUSIVE over PASS; of nothing at all, ERROR."""
    found = set(outcomes)
    return next((outcome for outcome in _WORST_FIRST if outcome in found), Outcome.ERROR)


def judge(
    expect: Mapping[str, Mapping[str, Any]],
    quantities: Mapping[str, Any],
    probe: Probe,
    registered: Mapping[str, Any],
) -> Judgement:
    """Judge quantities that `probe` derived. Every quantity that `expect` names is required.

    `registered` is Registration.facts(), against which `{registered: path}` resolves. Types are strict: a
    bool is no number, 1.0 is an integer (as in JSON Schema). None meets no constraint (FAIL). Against an
    interval a bound is PASS if true at both ends, FAIL if at neither, else INCONCLUSIVE. `items` fails on an
    empty array. ERROR: an empty `expect`, an unknown or absent quantity, a value of another type than
    declared, a constraint that cannot be read, a reference that resolves to nothing.
    """
    return judge_values(expect, quantities, probe.quantities, registered)


def judge_values(
    expect: Mapping[str, Mapping[str, Any]],
    quantities: Mapping[str, Any],
    declared: Mapping[str, Quantity] | None,
    registered: Mapping[str, Any],
) -> Judgement:
    """As `judge`, for values with declared types, or with none (a device's facts against a host)."""
    checks = tuple(_check(name, expect[name], quantities, declared, registered) for name in expect)
    return Judgement(combine(check.outcome for check in checks), checks)


def _check(
    name: str,
    written: Mapping[str, Any],
    quantities: Mapping[str, Any],
    declared: Mapping[str, Quantity] | None,
    registered: Mapping[str, Any],
) -> Check:
    found = quantities.get(name)
    constraint, unresolved = resolve(written, registered)

    def verdict(outcome: Outcome, message: str) -> Check:
        return Check(name, constraint, found, outcome, f"{name}: {message}")

    if declared is not None and name not in declared:
        return verdict(Outcome.ERROR, "is not a quantity of the probe")
    if name not in quantities:
        return verdict(Outcome.ERROR, "was not derived")
    if unresolved:
        return verdict(Outcome.ERROR, f"the registration has no {', '.join(unresolved)}")
    quantity = declared[name] if declared is not None else None
    for _, _, problem in constraint_problems(quantity, constraint):
        return verdict(Outcome.ERROR, f"the constraint is of no use: {problem}")
    unit = f" {quantity.unit}" if quantity is not None and quantity.unit else ""
    if found is None or (isinstance(found, float) and not is_number(found)):
        return verdict(Outcome.FAIL, f"found no value, expected {describe(constraint)}{unit}")
    if quantity is not None and (mismatch := _type_problem(quantity, found)):
        return verdict(Outcome.ERROR, mismatch)
    outcome = _outcome(constraint, found)
    return verdict(outcome, f"found {shorten(found)}{unit}, expected {describe(constraint)}{unit}")


def _type_problem(quantity: Quantity, found: Any) -> str | None:
    if quantity.type == "interval":
        return interval_problem(found, quantity.unit)
    if not is_type(found, quantity.type):
        return f"is declared {quantity.type} and came as {type(found).__name__}"
    return None


def resolve(
    constraint: Mapping[str, Any], registered: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A constraint with its `{registered: path}` values filled in, and the paths that lead to nothing."""
    resolved: dict[str, Any] = {}
    unresolved: list[str] = []
    for keyword, value in constraint.items():
        if keyword == "items" and isinstance(value, Mapping):
            resolved[keyword], inner = resolve(value, registered)
            unresolved += inner
        elif is_reference(value) and isinstance(path := value.get("registered"), str):
            target: Any = registered
            for key in path.split("."):
                target = target.get(key) if isinstance(target, Mapping) else None
            if target is None:
                unresolved.append(path)
            resolved[keyword] = value if target is None else target
        else:
            resolved[keyword] = value
    return resolved, tuple(unresolved)


def _outcome(constraint: Mapping[str, Any], found: Any) -> Outcome:
    """The outcome of a well-formed constraint on a value of the right type."""
    if not isinstance(found, Mapping):
        met = all(meets(keyword, value, found) for keyword, value in constraint.items())
        return Outcome.PASS if met else Outcome.FAIL
    if interval_problem(found) is not None:
        return Outcome.ERROR
    outcomes = []
    for keyword, bound in constraint.items():
        ends = (meets(keyword, bound, found["low"]), meets(keyword, bound, found["high"]))
        unknown = found["low"] is None or found["high"] is None
        if all(ends):
            outcomes.append(Outcome.PASS)
        else:
            outcomes.append(Outcome.INCONCLUSIVE if any(ends) and not unknown else Outcome.FAIL)
    return combine(outcomes)


def meets(keyword: str, value: Any, found: Any) -> bool:
    """Whether a value that is no interval meets one keyword; anything unforeseen does not."""
    if keyword in BOUNDS:
        if not is_number(found):
            return False
        match keyword:
            case "minimum":
                return bool(found >= value)
            case "maximum":
                return bool(found <= value)
            case "exclusiveMinimum":
                return bool(found > value)
        return bool(found < value)
    match keyword:
        case "type":
            return is_type(found, value)
        case "const":
            return equal(found, value)
        case "enum":
            return any(equal(found, member) for member in value)
        case "minItems":
            return isinstance(found, list) and len(found) >= value
        case "maxItems":
            return isinstance(found, list) and len(found) <= value
        case "items":
            return (
                isinstance(found, list)
                and len(found) > 0
                and all(_outcome(value, item) is Outcome.PASS for item in found)
            )
    return False
