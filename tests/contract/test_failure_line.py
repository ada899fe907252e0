"""The line that a contract asks for when it fails: quantities and their elements, and nothing else."""

from __future__ import annotations

import pytest

from shipworthy.contract.failure_line import describe, message_fields, render_message, shorten


def test_the_message_of_c03_reads_as_in_the_field() -> None:
    line = render_message(
        "C-03: APR model missing '{missing[0]}' metadata", {"missing": ["hidden_size", "num_layers"]}
    )
    assert line == "C-03: APR model missing 'hidden_size' metadata"


def test_a_whole_list_is_joined() -> None:
    assert render_message("{names} of {lines}", {"names": ["a", "b"], "lines": 3}) == "a, b of 3"


@pytest.mark.parametrize("quantities", [{}, {"missing": []}, {"missing": None}, {"missing": "abc"}])
def test_without_a_value_for_a_field_there_is_no_message(quantities: dict) -> None:
    assert render_message("missing {missing[0]}", quantities) is None


@pytest.mark.parametrize(
    "template",
    ["{a.__class__}", "{a[key]}", "{a[0][1]}", "{a!r}", "{a:>9}", "{}", "{0}", "{a[-1]}", "{a[}", "{a", "a}"],
)
def test_a_template_reaches_nothing_but_quantities(template: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        message_fields(template)


def test_doubled_braces_are_braces() -> None:
    assert render_message("{{{a}}}", {"a": 1}) == "{1}"


def test_constraints_in_words() -> None:
    assert describe({"minimum": 1, "exclusiveMaximum": 2}) == ">= 1 and < 2"
    assert describe({"const": True}) == "= true"
    assert describe({"maxItems": 0}) == "items <= 0"
    assert describe({"minItems": 1, "items": {"const": "a"}}) == "items >= 1 and every item = 'a'"


def test_long_values_are_cut() -> None:
    assert len(shorten(["name" * 40])) == 120
    assert shorten(list(range(9))) == "[0, 1, 2, 3, 4, 5, 6, 7, …]"
