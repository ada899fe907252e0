"""Planted defects of a comparison with llama.cpp change what they say in a copy, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import parity_receipts
from shipworthy.gate.planted import plant_in_raw

LISTS = ("kl_nats", "top1_probability_difference", "margin", "argmax", "argmax_llama_cpp")


@pytest.fixture(scope="module")
def raw(catalogue: Catalogue) -> dict[str, Any]:
    stored = json.loads(catalogue.data["fixture-parity-stepwise"].path.read_bytes())
    found: dict[str, Any] = stored["raw"]
    return found


def names(raw: dict[str, Any]) -> list[str]:
    return [sample["prompt"] for sample in raw["samples"]]


def of(raw: dict[str, Any], key: str) -> list[Any]:
    return [value for sample in raw["samples"] for value in sample[key]]


def one_is(value: float | None) -> Callable[[dict[str, Any], dict[str, Any]], bool]:
    return lambda good, bad: all(
        of(bad, key).count(value) == 1 and of(bad, key)[1:] == of(good, key)[1:] for key in LISTS[:2]
    )


CHANGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "comparison_dropped": lambda good, bad: len(names(bad)) == len(names(good)) - 1,
    "comparison_repeated": lambda good, bad: names(bad) == [*names(good)[:-1], names(good)[0]],
    "comparisons_missing": lambda _, bad: bad["samples"] == [],
    "positions_halved": lambda _, bad: {len(s[key]) for s in bad["samples"] for key in LISTS} == {32},
    "values_cut_short": lambda _, bad: [len(s["kl_nats"]) for s in bad["samples"]] == [63, 64, 64, 64, 64],
    "not_a_number_as_zero": one_is(0.0),
    "not_a_number": one_is(None),
    "divergence_of_the_first": lambda good, bad: set(of(bad, "kl_nats")) == {of(good, "kl_nats")[0]},
    "divergence_negated": lambda good, bad: of(bad, "kl_nats") == [-value for value in of(good, "kl_nats")],
    "one_position_wrong": lambda good, bad: (
        sum(one != other for one, other in zip(of(good, "kl_nats"), of(bad, "kl_nats"), strict=True))
        == sum(a != b for a, b in zip(of(good, "argmax_llama_cpp"), of(bad, "argmax_llama_cpp"), strict=True))
        == 1
    ),
    "cache_in_f16": lambda good, bad: bad["used"] == {**good["used"], "kv_cache": "f16"},
    "flash_attention_on": lambda good, bad: bad["used"] == {**good["used"], "flash_attention": True},
    "decoded_the_other_way": lambda good, bad: bad["used"] == {**good["used"], "decode": "batched"},
    "computed_elsewhere": lambda good, bad: bad["used"] == {**good["used"], "device": "cuda"},
    "float64_throughout": lambda _, bad: {s["ours_in"] for s in bad["samples"]} == {"float64"},
}


def test_every_one_is_tried_here() -> None:
    assert set(CHANGES) == {defect.name for defect in parity_receipts.DECLARED}


@pytest.mark.parametrize("name", CHANGES)
def test_it_does_what_it_says_to_a_copy(raw: dict[str, Any], name: str) -> None:
    before = json.dumps(raw)
    bad = plant_in_raw(Planted(name, "measurement", "any", None, {}), raw)
    assert json.dumps(raw) == before
    assert CHANGES[name](raw, bad)
    for key in raw.keys() - {"samples", "used"}:
        assert bad[key] == raw[key]
