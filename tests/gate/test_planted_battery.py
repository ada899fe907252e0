"""Each planted defect of the battery's samples changes what it says, and nothing of what is good."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import DEFECTS
from shipworthy.gate.planted import battery, plant_in_raw

Raw = dict[str, Any]


def only(key: str, fields: set[str]) -> Callable[[Raw, Raw], bool]:
    """Rows of `key` differ in these fields alone, and nothing else differs."""

    def check(good: Raw, bad: Raw) -> bool:
        pairs = list(zip(good[key], bad[key], strict=True))
        changed = {name for one, other in pairs for name in one if one[name] != other[name]}
        return changed == fields and {**good, key: None} == {**bad, key: None}

    return check


def first_gone(key: str) -> Callable[[Raw, Raw], bool]:
    return lambda good, bad: bad == {**good, key: good[key][1:]}


CHECKS: dict[str, Callable[[Raw, Raw], bool]] = {
    "reference_missing": lambda good, bad: bad == {**good, "reference": []},
    "sides_exchanged": lambda good, bad: (bad["runs"], bad["reference"]) == (good["reference"], good["runs"]),
    "reference_shorter": only("reference", {"samples"}),
    "reference_on_the_device": only("reference", {"device"}),
    "hostile_prompt_dropped": first_gone("samples"),
    "hostile_prompt_twice": lambda good, bad: bad["samples"][:2] == [good["samples"][0]] * 2,
    "hostile_prompts_refused": only("samples", {"torch", "llama_cpp"}),
    "runtime_crashed": only("samples", {"llama_cpp"}),
    "logits_not_finite": only("samples", {"torch"}),
    "continuation_loops": only("continuations", {"tokens"}),
    "continuation_gibberish": only("continuations", {"text"}),
    "continuation_blank": only("continuations", {"text"}),
    "continuation_cut": only("continuations", {"tokens"}),
    "written_text_dropped": first_gone("continuations"),
    "loss_of_noise": only("texts", {"nats"}),
    "loss_is_nan": only("texts", {"nats"}),
    "texts_unread": lambda good, bad: bad == {**good, "texts": []},
}


def test_every_one_is_tried_here() -> None:
    assert {*CHECKS, "reference_spoilt"} == {name for _, name in battery.MADE}


def spoilt(raw: Raw, by: str) -> Raw:
    return plant_in_raw(Planted("reference_spoilt", "measurement", "", parameters={"by": by}), raw)


def test_a_reference_is_spoilt_as_the_device_s_runs_are(catalogue: Catalogue) -> None:
    raw = json.loads(catalogue.data["fixture-speed-up"].path.read_bytes())["raw"]
    before = deepcopy(raw)
    admitted = DEFECTS["reference_spoilt"].parameters["by"]["enum"]
    assert {"constant_samples", "runs_permuted", "matrices_quantized"} <= set(admitted)
    for by in admitted:
        bad = spoilt(raw, by)
        assert raw == before
        assert (bad["runs"], bad["reference"] == raw["reference"]) == (raw["runs"], False), by
    assert spoilt(raw, "runs_missing")["reference"] == []


@pytest.mark.parametrize("name", CHECKS)
def test_it_does_what_it_says_to_a_copy(catalogue: Catalogue, name: str) -> None:
    raw = json.loads(catalogue.data[DEFECTS[name].fixture].path.read_bytes())["raw"]
    good = deepcopy(raw)
    bad = plant_in_raw(Planted(name, "measurement", "x"), raw)
    assert raw == good
    assert CHECKS[name](good, bad)
