"""Each planted defect of raw samples changes a copy, in what is to show it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from planting import planted
from shipworthy.contract import Catalogue
from shipworthy.contract.defects import DEFECTS
from shipworthy.gate.planted import (
    RAW_DEFECTS,
    answer_receipts,
    battery,
    chat,
    evaluation_receipts,
    evaluations,
    golden,
    parity_receipts,
    plant_in_raw,
    publication,
    run_statements,
    sweeps,
)


def raw_of(catalogue: Catalogue, name: str) -> dict[str, Any]:
    """The good samples that a defect of a measurement starts from."""
    stored = json.loads(catalogue.data[DEFECTS[name].fixture].path.read_bytes())
    found: dict[str, Any] = stored["raw"]
    return found


def seconds(raw: dict[str, Any]) -> list[float]:
    return [sample["seconds"] for run in raw["runs"] for sample in run["samples"]]


OF_RAW: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "constant_samples": lambda _, bad: all(
        len({s["seconds"] for s in r["samples"]}) == 1 for r in bad["runs"]
    ),
    "other_token_count": lambda _, bad: {s["tokens"] for r in bad["runs"] for s in r["samples"]} == {64},
    "sample_dropped": lambda good, bad: max(seconds(bad)) < max(seconds(good)),
    "nan_sample": lambda _, bad: seconds(bad).count(None) == 1,  # type: ignore[arg-type]
    "negative_sample": lambda good, bad: min(seconds(bad)) == -seconds(good)[0],
    "zero_sample": lambda _, bad: seconds(bad).count(0.0) == 1,
    "tokens_short": lambda _, bad: {s["tokens"] for r in bad["runs"] for s in r["samples"]} == {127, 128},
    "sample_repeated": lambda _, bad: {len(r["samples"]) for r in bad["runs"]} == {6},
    "samples_missing": lambda _, bad: [r["samples"] for r in bad["runs"]] == [[], [], []],
    "samples_sorted": lambda good, bad: sorted(seconds(bad)) == sorted(seconds(good)),
    "run_dropped": lambda _, bad: len(bad["runs"]) == 2,
    "run_copied": lambda good, bad: bad["runs"] == [good["runs"][0]] * 3,
    "samples_of_another_run": lambda good, bad: (
        [r["process"] for r in bad["runs"]] == [r["process"] for r in good["runs"]]
        and seconds(bad) == seconds(good)[:5] * 3
    ),
    "one_process": lambda _, bad: len({r["process"] for r in bad["runs"]}) == 1,
    "fallback_not_listed": lambda good, bad: bad["listed"] == good["listed"][1:],
    "fallback_without_reason": lambda _, bad: [one["reason"] for one in bad["listed"]].count("") == 1,
    "fallback_listed_for_nothing": lambda good, bad: len(bad["listed"]) == len(good["listed"]) + 1,
    "tensor_not_in_the_receipt": lambda good, bad: bad["tensors"] == good["tensors"][:-1],
    "nothing_in_the_receipt": lambda _, bad: bad["tensors"] == bad["names"]["gguf"] == [],
    "receipt_of_another_dtype": lambda _, bad: bad["asked"] == "q6_k",
    "cosine_not_finite": lambda _, bad: [one["cosine"] for one in bad["tensors"]].count(None) == 1,
    "every_tensor_a_copy": lambda _, bad: all(
        row["copied"] and row["independent_sha256"] is None for row in bad["tensors"]
    ),
    "quantizer_run_once": lambda good, bad: bad["runs"] == good["runs"][:1],
    "quantizer_runs_differ": lambda _, bad: len(set(bad["runs"])) == 2,
    "prompt_dropped": lambda _, bad: len(bad["samples"]) == 99,
    "prompt_repeated": lambda _, bad: (
        len(bad["samples"]) == 100 and len({one["prompt"] for one in bad["samples"]}) == 99
    ),
    "prompt_cut_short": lambda _, bad: min(one["positions"] for one in bad["samples"]) == 1,
    "vocabulary_of_another_model": lambda good, bad: bad["model"]["n_vocab"] == good["model"]["n_vocab"] + 1,
    "slowed_down": lambda good, bad: seconds(bad) == [1000 * s for s in seconds(good)],
    "runs_missing": lambda _, bad: bad["runs"] == [],
    "samples_nearly_constant": lambda _, bad: all(
        len({s["seconds"] for s in r["samples"]}) == 2 for r in bad["runs"]
    ),
    "runs_permuted": lambda good, bad: (
        [sorted(s["seconds"] for s in r["samples"]) for r in bad["runs"]] == [sorted(seconds(good)[:5])] * 3
    ),
    "faster_than_memory": lambda good, bad: max(seconds(bad)) < min(seconds(good)) / 10,
    "first_token_after_the_last": lambda _, bad: (
        [s["ttft_seconds"] > s["seconds"] for r in bad["runs"] for s in r["samples"]].count(True) == 1
    ),
    "extension_not_declared": lambda _, bad: [r["extension"] for r in bad["runs"]] == [0] * 6,
    "extension_needless": lambda good, bad: (
        [r["extension"] for r in bad["runs"]] == [0, 0, 0, 1, 1, 1] and bad["runs"][:3] == good["runs"]
    ),
    "extension_twice": lambda _, bad: {r["extension"] for r in bad["runs"]} == {0, 1, 2},
    "extension_in_the_same_process": lambda _, bad: len({r["process"] for r in bad["runs"]}) == 3,
    "slower_by_a_fifth": lambda _, bad: (
        max(128 / 2 / t for t in seconds(bad))
        < 0.81 * bad["baseline"]["record"]["quantities"]["median_tokens_per_second"]
    ),
    "slower_beside_faster_memory": lambda good, bad: (
        [r["read_bandwidth_bytes_per_second"] for r in bad["runs"]]
        == [2 * r["read_bandwidth_bytes_per_second"] for r in good["runs"]]
    ),
    "baseline_of_another_host": lambda good, bad: bad["baseline"]["host"] != good["host"] == bad["host"],
    "baseline_of_another_device": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["device_name"] == "another device"
    ),
    "baseline_of_other_parameters": lambda _, bad: (
        bad["baseline"]["record"]["with"]["max_tokens"] * 2 == bad["with"]["max_tokens"]
    ),
    "baseline_of_another_model": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["bytes_per_token"] < bad["runs"][0]["bytes_per_token"]
    ),
    "baseline_of_another_probe": lambda _, bad: bad["baseline"]["record"]["probe"] == "human_eval@1",
    "baseline_without_a_figure": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["median_tokens_per_second"] is None
    ),
    "baseline_of_zero": lambda _, bad: (
        bad["baseline"]["record"]["quantities"]["median_fraction_of_bandwidth"] == 0.0
    ),
}


def test_every_defect_of_samples_is_tried_here() -> None:
    """Or in test_planted_evaluations.py, _parity.py, _battery.py, _golden.py, _publication.py,
    _answers.py, _run_statements.py, or test_chat_template.py."""
    topics = (
        answer_receipts,
        battery,
        chat,
        evaluation_receipts,
        evaluations,
        golden,
        parity_receipts,
        publication,
        run_statements,
        sweeps,
    )
    elsewhere = {name for topic in topics for _, name in topic.MADE}
    assert set(OF_RAW) == set(RAW_DEFECTS) - elsewhere


@pytest.mark.parametrize("name", OF_RAW)
def test_a_defect_of_samples_does_what_it_says_to_a_copy(catalogue: Catalogue, name: str) -> None:
    raw = raw_of(catalogue, name)
    before = json.dumps(raw)
    bad = plant_in_raw(planted(name, "measurement"), raw)
    assert json.dumps(raw) == before
    assert json.dumps(bad) != before
    assert OF_RAW[name](raw, bad)
