"""Planted defects of golden continuations and outputs change what they say in a copy, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import DEFECTS, golden
from shipworthy.gate.planted import plant_in_raw

Raw = dict[str, Any]


def rows(raw: Raw, key: str) -> list[Any]:
    return [sample[key] for sample in raw["samples"]]


def parted(raw: Raw) -> list[int]:
    """At how many places an output is not its golden."""
    pairs = zip(rows(raw, "golden"), rows(raw, "continuation"), strict=True)
    return [sum(one != other for one, other in zip(*pair, strict=True)) for pair in pairs]


def first_alone(*keys: str) -> Callable[[Raw, Raw], bool]:
    """Only these fields of the first sample differ, and they do."""

    def check(good: Raw, bad: Raw) -> bool:
        one, other = good["samples"][0], bad["samples"][0]
        same = good["samples"][1:] == bad["samples"][1:]
        return same and {key for key in one if one[key] != other[key]} == set(keys)

    return check


def stated(**values: Any) -> Callable[[Raw, Raw], bool]:
    return lambda good, bad: bad == {**good, **values}


DROPPED = lambda good, bad: len(bad["samples"]) == len(good["samples"]) - 1  # noqa: E731 - one of a table
REPEATED = lambda good, bad: bad["samples"] == [*good["samples"][:-1], good["samples"][0]]  # noqa: E731

CHECKS: dict[str, Callable[[Raw, Raw], bool]] = {
    "golden_dropped": DROPPED,
    "golden_repeated": REPEATED,
    "goldens_missing": stated(samples=[]),
    "golden_cut_short": first_alone("continuation", "margins"),
    "golden_margins_cut": first_alone("margins"),
    "golden_margin_missing": first_alone("margins"),
    "golden_margins_constant": lambda good, bad: (
        {value for margins in rows(bad, "margins") for value in margins} == {rows(good, "margins")[0][0]}
    ),
    "goldens_from_elsewhere": stated(device="cuda:0"),
    "goldens_in_half": stated(dtype="bfloat16"),
    "output_dropped": DROPPED,
    "output_repeated": REPEATED,
    "outputs_missing": stated(samples=[]),
    "output_cut_short": first_alone("golden", "margins", "continuation"),
    "output_tokens_lost": first_alone("continuation", "text"),
    "baseline_of_other_weights": lambda good, bad: bad == {**good, "baseline": bad["baseline"]},
    "output_of_another_type": stated(file_type="ALL_F32"),
    "export_did_not_load": stated(error="llama.cpp does not load this file"),
    "margin_raised": stated(margin=100.0),
    "goldens_never_sure": lambda good, bad: not any(map(any, rows(bad, "margins"))),
    "output_parts_where_sure": lambda _, bad: parted(bad)[0] == 1,
    "output_parts_without_margin": lambda _, bad: parted(bad)[0] == 1,
    "outputs_part_at_once": lambda _, bad: parted(bad) == [1] * len(bad["samples"]),
    "outputs_loop": lambda _, bad: all(parted(bad)),
    "outputs_blank": lambda _, bad: not "".join(rows(bad, "text")).strip(),
}


def test_every_one_is_tried_here() -> None:
    assert set(CHECKS) == {defect.name for defect in golden.DECLARED}


@pytest.mark.parametrize("name", CHECKS)
def test_it_does_what_it_says_to_a_copy(catalogue: Catalogue, name: str) -> None:
    raw = json.loads(catalogue.data[DEFECTS[name].fixture].path.read_bytes())["raw"]
    before = json.dumps(raw)
    bad = plant_in_raw(Planted(name, "measurement", "any", None, {}), raw)
    assert json.dumps(raw) == before
    assert bad != raw
    assert CHECKS[name](raw, bad)
