"""A probe derives exactly what it declares, and nothing that is not finite."""

from __future__ import annotations

import dataclasses
import math

import pytest

from shipworthy.contract import MeasurementError, Probe, Quantity, quantities_of, registry
from shipworthy.errors import ContractError


def _of(kind: str, value: object, **extra: str) -> Probe:
    return Probe(
        name="one@1",
        description="One quantity.",
        parameters={},
        quantities={"x": Quantity(kind, "x", **extra)},  # type: ignore[arg-type]
        raw_schema={"type": "object"},
        summarize=lambda raw: {"x": value},
    )


def test_derives_the_declared_quantities_in_their_order(probe: Probe) -> None:
    found = quantities_of(probe, {"lines": ["a b", "c"], "seconds": [1, 4]})
    assert list(found) == list(probe.quantities)
    assert found["lines"] == 2
    assert found["rate"] == {"low": 0.5, "high": 2.0, "level": 0.5, "n": 2, "unit": "lines/s"}


def test_a_number_that_is_not_finite_becomes_null_beside_finite_false(probe: Probe) -> None:
    found = quantities_of(probe, {"lines": ["a"], "seconds": [1, 0.0]})
    assert found["rate"]["high"] is None
    assert found["finite"] is False


def test_null_is_admitted_for_every_type(probe: Probe) -> None:
    found = quantities_of(probe, {"lines": [], "seconds": []})
    assert found["first"] is None
    assert found["rate"] is None
    assert found["finite"] is True


@pytest.mark.parametrize(
    ("raw", "code", "says"),
    [
        ({"lines": ["a"]}, "raw-invalid", "'seconds' is a required property"),
        ({"lines": ["a", 3], "seconds": []}, "raw-invalid", "raw at lines/1"),
        ({"lines": [], "seconds": [], "more": 1}, "raw-invalid", "more"),
    ],
)
def test_raw_samples_are_held_against_their_schema(probe: Probe, raw: dict, code: str, says: str) -> None:
    with pytest.raises(MeasurementError, match=says) as caught:
        quantities_of(probe, raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", True),
        ("number", "1e9"),
        ("number", []),
        ("integer", 1.5),
        ("integer", False),
        ("boolean", 1),
        ("boolean", "true"),
        ("string", 3),
        ("array", "abc"),
        ("array", {}),
        ("interval", [1, 2]),
        ("interval", {"low": 1, "high": 2}),
        ("interval", {"low": 2, "high": 1, "level": 0.9, "n": 5, "unit": ""}),
        ("interval", {"low": 1, "high": 2, "level": 0.9, "n": 0, "unit": ""}),
        ("interval", {"low": 1, "high": 2, "level": 90, "n": 5, "unit": ""}),
        ("interval", {"low": 1, "high": 2, "level": 0.9, "n": 5, "unit": "km"}),
        ("interval", {"low": True, "high": 2, "level": 0.9, "n": 5, "unit": ""}),
    ],
)
def test_a_quantity_of_another_type_is_refused(kind: str, value: object) -> None:
    with pytest.raises(MeasurementError) as caught:
        quantities_of(_of(kind, value), {})
    assert caught.value.code == "quantity-type"


@pytest.mark.parametrize(
    ("kind", "value"), [("integer", 1.0), ("number", 3), ("array", [math.nan, 1.0]), ("number", math.inf)]
)
def test_json_numbers_are_taken_as_json_takes_them(kind: str, value: object) -> None:
    quantities_of(_of(kind, value), {})


def test_the_elements_of_an_array_have_the_declared_type() -> None:
    with pytest.raises(MeasurementError, match=r"x \[1\] is declared integer and came as bool"):
        quantities_of(_of("array", [1, True], items="integer"), {})


@pytest.mark.parametrize(
    ("found", "code"), [({}, "quantity-missing"), ({"x": 1, "y": 2}, "quantity-undeclared")]
)
def test_no_quantity_may_be_missing_or_added(found: dict, code: str) -> None:
    broken = dataclasses.replace(_of("number", 1), summarize=lambda raw: found)
    with pytest.raises(MeasurementError) as caught:
        quantities_of(broken, {})
    assert caught.value.code == code


def test_a_summarize_that_breaks_is_named() -> None:
    broken = dataclasses.replace(_of("number", 1), summarize=lambda raw: {"x": 1 / 0})
    with pytest.raises(MeasurementError, match=r"ZeroDivisionError.*summarize-failed"):
        quantities_of(broken, {})


def test_two_probes_of_one_name_are_refused(probe: Probe) -> None:
    with pytest.raises(ContractError, match=r"line_count@1.*duplicate-probe"):
        registry([probe, dataclasses.replace(probe)])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "line_count"}, "VERSION"),
        ({"quantities": {}}, "nothing can be expected"),
        ({"parameters": {"class": {}}}, "'class' is not a name"),
        ({"optional": frozenset({"nothing"})}, "no parameters"),
        ({"artifacts": frozenset({"zip"})}, "zip"),
        ({"raw_schema": {"type": "dict"}}, "not JSON Schema"),
        ({"parameters": {"probe": {}}}, "'probe' is what `measure` is given"),
        ({"parameters": {"subject": {}}}, "'subject' is what `measure` is given"),
        ({"parameters": {"\ufb01x": {}}}, "is not a name that a contract"),
        ({"quantities": {"Lines": Quantity("integer", "lines")}}, "'Lines' is not a name that a contract"),
        ({"quantities": {"lines": Quantity("float", "lines")}}, "is of type 'float'"),  # type: ignore[arg-type]
        ({"quantities": {"names": Quantity("array", "n", items="text")}}, "is of type 'text'"),  # type: ignore[arg-type]
        ({"quantities": {"lines": Quantity("integer", "n", minimum=3, maximum=1)}}, "has the range 3..1"),
        ({"quantities": {"lines": Quantity("integer", "n", among="texts")}}, "is among 'texts', which is no"),
        ({"quantities": {"lines": Quantity("number", "n", maximum=float("nan"))}}, "has the range None..nan"),
    ],
)
def test_a_declaration_of_no_use_is_refused(probe: Probe, change: dict, says: str) -> None:
    with pytest.raises(ContractError, match=says) as caught:
        registry([dataclasses.replace(probe, **change)])
    assert caught.value.code == "bad-probe"
