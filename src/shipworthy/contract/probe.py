"""What a probe declares: its parameters, the shape of its raw samples, and the quantities it derives.

A probe never judges. `measure` (in `gate`) takes raw samples and may need torch; what stands here is pure and
small, so that whoever holds the raw samples can derive the quantities again:

    probe = Probe(
        name="line_count@1",
        description="Counts the lines of the subject.",
        parameters={"limit": {"type": "integer", "minimum": 1}},
        quantities={"lines": Quantity("integer", "number of lines")},
        raw_schema={"type": "object", "required": ["lines"], "properties": {"lines": {"type": "array"}}},
        summarize=lambda raw: {"lines": len(raw["lines"])},
    )
    quantities_of(probe, {"lines": ["a", "b"]})  # {"lines": 2}
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, get_args

from jsonschema import Draft202012Validator

from ..errors import ContractError, ShipworthyError
from .quick_yes import Accepts, accepts
from .schema_check import schema_problems
from .values import QuantityType, interval_problem, is_number, is_type, without_non_finite
from .written import WrittenValidator

PROBE_NAME = re.compile(r"[a-z][a-z0-9_]*@[1-9][0-9]*\Z")

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_TAKEN = frozenset({"artifacts", "earlier", "log", "probe", "self", "subject"})

DATA_REFERENCE: Mapping[str, Any] = {
    "type": "object",
    "required": ["data"],
    "additionalProperties": False,
    "properties": {"data": {"type": "string"}},
}
"""The schema of a parameter that names a file in contracts/data/, written `{data: canary-100}`."""

ArtifactKind = Literal["gguf", "run", "second_run", "release", "baseline"]
ARTIFACT_KINDS: tuple[ArtifactKind, ...] = ("gguf", "run", "second_run", "release", "baseline")


class MeasurementError(ShipworthyError):
    """Raw samples or quantities that are not what their probe declares; the falsifier's outcome is ERROR."""

    exit_code = 1


@dataclass(frozen=True)
class Quantity:
    """One thing that a probe derives. `items` is the type of an array's elements, if they have one.

    `minimum` and `maximum` are the least and largest value that a number, or an end of an interval, can
    take; `values` are all that a string can be. What they exclude is no measurement, and an expectation that
    they make vacuous is refused. `among` names the quantity that counts what was looked at: none of nothing
    is wrong, so who expects few of the one must expect some of the other. `with_more_samples` says that
    it only `grows` (a largest value, a count of what is wrong) or only `falls` (whether all is well) when
    samples are added to those at hand; where neither is certain it is empty.
    """

    type: QuantityType
    description: str
    unit: str = ""
    items: QuantityType | None = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    among: str = ""
    with_more_samples: Literal["", "grows", "falls"] = ""

    def beyond(self, value: Any) -> str:
        """What the quantity is, where it can never take the value; else an empty string."""
        if self.values and isinstance(value, str) and value not in self.values:
            return f"is one of {', '.join(self.values)}"
        if self.minimum is not None and is_number(value) and value < self.minimum:
            return f"is never below {self.minimum:g}"
        if self.maximum is not None and is_number(value) and value > self.maximum:
            return f"is never above {self.maximum:g}"
        return ""


@dataclass(frozen=True)
class Screen:
    """How many lines of the data file that `parameter` names `falsify` looks at first on a real model, spread
    evenly, before it measures a planted defect over all of them."""

    parameter: str
    samples: int


@dataclass(frozen=True)
class Extension:
    """How a probe takes more samples, once, where the first are INCONCLUSIVE and the contract declared it.

    `parameter` is what declares it in a contract's `with`; `quantity` counts the extensions in raw samples,
    and is red for one that should not be; `first` gives the raw samples without any.
    """

    parameter: str
    quantity: str
    first: Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Probe:
    """A versioned name, and what may be asked of it.

    `parameters` holds a JSON Schema per parameter of `with`, all required but those in `optional`.
    `raw_schema` is the JSON Schema of what `measure` returns, `summarize` derives the quantities from it, and
    `artifacts` names what it reads beside the subject. `samples` names the parameters, numbers or lists, of
    which more can only turn a gate red: to ask for fewer is a loosening. `screen` is for a probe that takes
    long on a real model, where quantities are certain of few samples. `extension` is for one whose samples
    can be added to once; its `measure` takes `earlier`, the raw samples so far, or None.
    """

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    quantities: Mapping[str, Quantity]
    raw_schema: Mapping[str, Any]
    summarize: Callable[[Mapping[str, Any]], dict[str, Any]]
    artifacts: frozenset[str] = frozenset()
    optional: frozenset[str] = field(default_factory=frozenset)
    samples: frozenset[str] = frozenset()
    screen: Screen | None = None
    extension: Extension | None = None


def registry(probes: Iterable[Probe]) -> dict[str, Probe]:
    """The probes by name. Raises ContractError for a duplicate, or a declaration that cannot be used."""
    table: dict[str, Probe] = {}
    for probe in probes:
        if probe.name in table:
            raise ContractError("duplicate-probe", f"two probes are called {probe.name!r}", fix="rename one")
        for problem in _declaration_problems(probe):
            raise ContractError("bad-probe", problem, where=f"probe {probe.name}")
        table[probe.name] = probe
    return table


def _declaration_problems(probe: Probe) -> Iterable[str]:
    if not PROBE_NAME.match(probe.name):
        yield "the name must be lower_case@VERSION, as in decode_throughput@2"
    if not probe.quantities:
        yield "declares no quantity, so nothing can be expected of it"
    for name in (*probe.parameters, *probe.quantities):
        if not _NAME.match(name) or keyword.iskeyword(name):
            yield f"{name!r} is not a name that a contract and its compiled gate can write"
    for name in sorted(_TAKEN & probe.parameters.keys()):
        yield f"{name!r} is what `measure` is given beside the parameters"
    for name, quantity in probe.quantities.items():
        yield from (f"quantity {name} {problem}" for problem in _quantity_problems(quantity))
        if quantity.among and quantity.among not in probe.quantities:
            yield f"quantity {name} is among {quantity.among!r}, which is no quantity"
    if undeclared := probe.optional - probe.parameters.keys():
        yield f"optional names {sorted(undeclared)}, which are no parameters"
    if undeclared := probe.samples - probe.parameters.keys():
        yield f"samples names {sorted(undeclared)}, which are no parameters"
    if probe.screen is not None and probe.parameters.get(probe.screen.parameter) != DATA_REFERENCE:
        yield f"screen names {probe.screen.parameter!r}, which is no parameter that names a data file"
    if probe.extension is not None and (
        probe.extension.parameter not in probe.optional or probe.extension.quantity not in probe.quantities
    ):
        yield "extension names a parameter that is not optional, or no quantity"
    if unknown := probe.artifacts - set(ARTIFACT_KINDS):
        yield f"artifacts names {sorted(unknown)}; the kinds are {', '.join(ARTIFACT_KINDS)}"
    for schema in (probe.raw_schema, *probe.parameters.values()):
        yield from schema_problems(schema)


def _quantity_problems(quantity: Quantity) -> Iterable[str]:
    for stated in (quantity.type, quantity.items):
        if stated is not None and stated not in get_args(QuantityType):
            yield f"is of type {stated!r}; the types are {', '.join(get_args(QuantityType))}"
    ends = [end for end in (quantity.minimum, quantity.maximum) if end is not None]
    if not all(is_number(end) for end in ends) or ends != sorted(ends):
        yield f"has the range {quantity.minimum}..{quantity.maximum}, in which there is no number"


@cache
def _raw_validator(probe: Probe) -> Draft202012Validator:
    return Draft202012Validator(probe.raw_schema)


@cache
def _quick_yes(probe: Probe) -> Accepts:
    """True only of raw samples that validate: they are many, and a general validator takes a while."""
    try:
        return accepts(probe.raw_schema, {})
    except (KeyError, TypeError):
        return lambda _: False


@cache
def parameter_validators(probe: Probe) -> Mapping[str, Draft202012Validator]:
    """A prebuilt validator per parameter of `with`."""
    return {name: WrittenValidator(schema) for name, schema in probe.parameters.items()}


def quantities_of(probe: Probe, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Derive the quantities from raw samples, exactly those declared, in the order declared.

    A number that is not finite becomes None, and a declared boolean quantity `finite` then becomes False.
    None stands for "could not be obtained", is admitted for every type, and meets no constraint.
    Raises MeasurementError where raw does not validate, `summarize` breaks, or a quantity is absent,
    undeclared or of another type than declared.
    """
    where = f"probe {probe.name}"
    for error in () if _quick_yes(probe)(raw) else _raw_validator(probe).iter_errors(raw):
        place = "/".join(str(key) for key in error.absolute_path) or "(root)"
        raise MeasurementError("raw-invalid", f"raw at {place}: {error.message[:300]}", where=where)
    try:
        found = probe.summarize(raw)
    except Exception as error:
        raise MeasurementError(
            "summarize-failed", f"summarize raised {type(error).__name__}: {error}", where=where
        ) from error
    if missing := [name for name in probe.quantities if name not in found]:
        raise MeasurementError("quantity-missing", f"did not derive {', '.join(missing)}", where=where)
    if undeclared := [name for name in found if name not in probe.quantities]:
        raise MeasurementError("quantity-undeclared", f"derived {', '.join(undeclared)}", where=where)
    finite = True
    result: dict[str, Any] = {}
    for name, quantity in probe.quantities.items():
        value, clean = without_non_finite(found[name])
        finite = finite and clean
        if problem := _value_problem(quantity, value):
            raise MeasurementError("quantity-type", f"{name} {problem}", where=where)
        result[name] = value
    if not finite and "finite" in result and probe.quantities["finite"].type == "boolean":
        result["finite"] = False
    return result


def _value_problem(quantity: Quantity, value: Any) -> str | None:
    if value is None:
        return None
    if quantity.type == "interval":
        if problem := interval_problem(value, quantity.unit):
            return problem
        beyond = [quantity.beyond(value[end]) for end in ("low", "high")]
        return next((f"is an interval that {problem}" for problem in beyond if problem), None)
    if not is_type(value, quantity.type):
        return f"is declared {quantity.type} and came as {type(value).__name__}"
    if problem := quantity.beyond(value):
        return f"{problem} and came as {value!r}"
    if quantity.type == "array" and quantity.items is not None:
        for index, item in enumerate(value):
            if item is not None and not is_type(item, quantity.items):
                return f"[{index}] is declared {quantity.items} and came as {type(item).__name__}"
    return None
