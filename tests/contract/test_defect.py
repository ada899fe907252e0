"""A planted defect says what it changes, from where, and how it happens in real life."""

from __future__ import annotations

import dataclasses

import pytest

from shipworthy.contract import PlantedDefect, defect_registry
from shipworthy.errors import ContractError

DEFECT = PlantedDefect(
    "line_removed", "An editor drops a line.", of=frozenset({"apr"}), fixture="fixture-text"
)


def test_two_defects_of_one_name_are_refused() -> None:
    with pytest.raises(ContractError, match=r"line_removed.*duplicate-defect"):
        defect_registry([DEFECT, dataclasses.replace(DEFECT)])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "Line-Removed"}, "lower_case"),
        ({"description": " "}, "real life"),
        ({"of": frozenset()}, "it takes apr"),
        ({"of": frozenset({"zip"})}, "zip"),
        ({"fixture": ""}, "fixture"),
        ({"parameters": {"line": {"type": "whole"}}}, "not JSON Schema"),
        ({"optional": frozenset({"line"})}, "no parameters"),
    ],
)
def test_a_declaration_of_no_use_is_refused(change: dict, says: str) -> None:
    with pytest.raises(ContractError, match=says) as caught:
        defect_registry([dataclasses.replace(DEFECT, **change)])
    assert caught.value.code == "bad-defect"
