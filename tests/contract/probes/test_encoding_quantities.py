"""Probes of encodings: types and fallbacks are derived from shapes and values, and each quantity shows its
own."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import MeasurementError, quantities_of
from shipworthy.contract.probes import PROBES

DATA = Path(__file__).parents[3] / "contracts" / "data"
SHA, OTHER = "0" * 64, "1" * 64


def recorded(name: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads((DATA / f"{name}.json").read_bytes())
    raw: dict[str, Any] = stored["raw"]
    return raw


def row(stored: str, columns: int, largest: float = 1.0, **changes: Any) -> dict[str, Any]:
    return {
        "name": "m",
        "shape": [4, columns],
        "largest": largest,
        "source": "F32",
        "stored": stored,
        "stored_sha256": SHA,
        "independent_sha256": SHA,
        "copied": False,
        "cosine": 0.9995,
        **changes,
    }


def encoded(asked: str, *rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    names = sorted({one["name"] for one in rows})
    raw = {
        "asked": asked,
        "refusal": None,
        "file_type": "MOSTLY_F16",
        "names": {"checkpoint": names, "gguf": names},
        "listed": [],
        "runs": [SHA, SHA],
        "tensors": list(rows),
        **changes,
    }
    return quantities_of(PROBES["export_encoding@1"], raw)


OVERFLOW_F16 = "the largest value is 70000, beyond 65504"
NARROW = "rows of 100 values are not a multiple of 32"
NO_K = "rows of 64 values are not a multiple of 256"
TYPES: list[tuple[str, int, float, str, str]] = [
    ("f16", 100, 65504.0, "F16", ""),
    ("f16", 64, 70000.0, "F32", OVERFLOW_F16),
    ("bf16", 100, 70000.0, "BF16", ""),
    ("bf16", 64, 3.4e38, "F32", "the largest value is 3.4e+38, beyond 3.38953e+38"),
    ("q8_0", 64, 70000.0, "Q8_0", ""),
    ("q8_0", 100, 1.0, "F16", NARROW),
    ("q8_0", 100, 70000.0, "F32", OVERFLOW_F16),
    ("q8_0", 64, 1e7, "F32", "the largest value is 1e+07, beyond 8.31901e+06"),
    ("q4_k_m", 256, 1.0, "Q4_K", ""),
    ("q4_k_m", 512, 1.0, "Q6_K", ""),
    ("q4_k_m", 64, 1.0, "Q5_0", NO_K),
    ("q4_k_m", 64, 1.0, "Q8_0", NO_K),
    ("q4_k_m", 100, 1.0, "F16", "rows of 100 values are not a multiple of 256"),
    ("q5_k_m", 64, 1.0, "Q5_1", NO_K),
    ("q6_k", 64, 1.0, "Q8_0", NO_K),
]


@pytest.mark.parametrize(("asked", "columns", "largest", "stored", "reason"), TYPES)
def test_the_type_that_shape_and_values_call_for(
    asked: str, columns: int, largest: float, stored: str, reason: str
) -> None:
    listed = [{"tensor": "m", "stored": stored.lower(), "reason": reason}] if reason else []
    found = encoded(asked, row(stored, columns, largest), listed=listed)
    assert (found["types_wrong"], found["fallbacks_unlisted"]) == ([], [])
    assert found["fallbacks"] == ([f"m is {stored}: {reason}"] if reason else [])
    assert found["as_asked"] == (0 if reason else 1)
    mixed = {"Q8_0"} if asked.endswith("_k_m") and columns == 64 else set()
    for other in {"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q2_K"} - {stored} - mixed:
        assert encoded(asked, row(other, columns, largest), listed=listed)["types_wrong"], other
    if reason:
        for wrong in ([], [{**listed[0], "reason": ""}], [{**listed[0], "stored": "q4_0"}]):
            assert encoded(asked, row(stored, columns, largest), listed=wrong)["fallbacks_unlisted"]


def test_a_norm_is_f32_whatever_is_asked_and_no_fallback() -> None:
    norm = row("F32", 1, shape=[64])
    found = encoded("q8_0", norm)
    assert (found["types_wrong"], found["fallbacks"], found["matrices"]) == ([], [], 0)
    assert found["least_cosine"] is None, "of no matrix there is none"
    assert encoded("q8_0", {**norm, "stored": "Q8_0"})["types_wrong"] == ["m is Q8_0, and should be F32"]


@pytest.mark.parametrize(
    ("change", "differ"),
    [
        ({}, []),
        ({"independent_sha256": OTHER}, ["m"]),
        ({"independent_sha256": None}, ["m"]),
        ({"independent_sha256": None, "copied": True}, ["m"]),
        ({"independent_sha256": None, "copied": True, "source": "Q8_0"}, []),
    ],
)
def test_bytes_are_those_of_another_quantizer_or_of_the_checkpoint(
    change: dict[str, Any], differ: list[str]
) -> None:
    assert encoded("q8_0", row("Q8_0", 64, **change))["bytes_differ"] == differ


@pytest.mark.parametrize(
    ("runs", "count", "same"), [([], 0, False), ([SHA], 1, True), ([SHA, OTHER], 2, False)]
)
def test_runs_are_counted_and_compared(runs: list[str], count: int, same: bool) -> None:
    found = encoded("q8_0", row("Q8_0", 64), runs=runs)
    assert (found["runs"], found["runs_same"]) == (count, same)


def test_what_is_not_compared_is_named() -> None:
    names = {"checkpoint": ["a", "m"], "gguf": ["b", "m", "n"]}
    found = encoded("q8_0", names=names)
    assert (found["tensors_missing"], found["tensors_unexpected"]) == (["a"], ["b", "n"])
    assert (found["tensors_not_compared"], found["tensors"]) == (["m"], 0)


def test_one_cosine_that_is_not_finite_leaves_none() -> None:
    rows = row("Q8_0", 64), row("Q8_0", 64, name="n", cosine=None)
    assert encoded("q8_0", *rows)["least_cosine"] is None
    with pytest.raises(MeasurementError):
        encoded("q8_0", row("Q8_0", 64, cosine=1.5))


def test_the_worst_tensor_of_a_round_trip_is_named() -> None:
    raw = recorded("fixture-quantized")
    bad = deepcopy(raw)
    bad["tensors"][3] |= {"cosine": 0.5, "not_finite": 0}
    found = quantities_of(PROBES["quantized_round_trip@1"], bad)
    assert found["least_cosine"] == 0.5
    assert found["worst_tensor"] == f"{raw['tensors'][3]['name']}, {raw['tensors'][3]['stored']}"
    bad["tensors"][4] |= {"cosine": None, "not_finite": 2}
    found = quantities_of(PROBES["quantized_round_trip@1"], bad)
    assert (found["least_cosine"], found["worst_tensor"]) == (None, "")
    assert found["tensors_not_finite"] == [raw["tensors"][4]["name"]]


def test_what_failed_stays_though_the_same_tensor_or_prompt_went_well_afterwards() -> None:
    """The last row of a name once won: run again until green."""
    raw = recorded("fixture-quantized")
    again = [{**raw["tensors"][0], "cosine": 0.1}, *raw["tensors"]]
    found = quantities_of(PROBES["quantized_round_trip@1"], {**raw, "tensors": again})
    assert found["tensors_unlike"] == found["repeated"] == [raw["tensors"][0]["name"]]
    assert (found["least_cosine"], found["tensors"]) == (0.1, len(raw["tensors"]))
    raw = recorded("fixture-loads")
    again = [{**raw["samples"][0], "finite": False}, *raw["samples"]]
    found = quantities_of(PROBES["llama_cpp_loads@1"], {**raw, "samples": again})
    assert (found["finite"], found["prompts"], len(found["repeated"])) == (False, 100, 1)


@pytest.mark.parametrize(
    ("shape", "stored", "named"),
    [
        ([64, 64], "F32", True),
        ([64, 64], "Q4_K", False),
        ([64, 64], "Q5_0", False),
        ([64, 63], "F16", False),
        ([64], "F32", False),
    ],
)
def test_a_matrix_that_could_be_in_blocks_must_be(shape: list[int], stored: str, named: bool) -> None:
    raw = recorded("fixture-quantized")
    rows = [{**raw["tensors"][0], "shape": shape, "stored": stored}, *raw["tensors"][1:]]
    found = quantities_of(PROBES["quantized_round_trip@1"], {**raw, "tensors": rows})
    assert bool(found["matrices_not_quantized"]) is named


def test_prompts_without_a_token_and_repeated_ones_are_not_counted() -> None:
    raw = recorded("fixture-loads")
    probe = PROBES["llama_cpp_loads@1"]
    assert quantities_of(probe, raw)["prompts"] == 100
    empty = {**raw["samples"][0], "positions": 0}
    assert quantities_of(probe, {**raw, "samples": [empty, *raw["samples"][1:]]})["prompts"] == 99
    twice = [raw["samples"][1], *raw["samples"][1:]]
    assert quantities_of(probe, {**raw, "samples": twice})["prompts"] == 99
    nothing = quantities_of(probe, {**raw, "samples": []})
    assert (nothing["finite"], nothing["least_spread"], nothing["positions"]) == (False, None, 0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"finite": False, "least_spread": None}, (False, None)),
        ({"least_spread": 0.0}, (True, 0.0)),
    ],
)
def test_one_prompt_is_enough_to_be_seen(change: dict[str, Any], expected: tuple[bool, float | None]) -> None:
    raw = recorded("fixture-loads")
    samples = [{**raw["samples"][0], **change}, *raw["samples"][1:]]
    found = quantities_of(PROBES["llama_cpp_loads@1"], {**raw, "samples": samples})
    assert (found["finite"], found["least_spread"]) == expected
