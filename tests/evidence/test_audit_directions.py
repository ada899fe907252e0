"""A gate's value is held against its threshold where its name says which way is better, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shipworthy.evidence.audit.checks.directions import DIRECTIONS, direction_of

LEAST = ["throughput", "decode_throughput", "GPU Throughput (tok/s)", "gpu_speedup", "gpuSpeedup"]
LEAST += ["tokens_per_second", "p50-tok-per-s", "cosine_similarity", "logits cosine", "pass@1", "accuracy"]
MOST = ["perplexity", "Perplexity (eval)", "first_token_latency_ms", "kl_divergence"]
NEITHER = ["", "tensor_contract", "quality", "throughput_drop", "throughput_regression", "accuracy_change"]
NEITHER += [
    "perplexity_improvement",
    "throughput_ms",
    "latency_vs_throughput",
    "cosine_distance",
    "speedup_loss",
]
NEITHER += [
    "time_to_first_token",
    "regression_tests",
    "throughputs",
    "latency_isolation",
    "golden_output",
    "performance_regression",
    "x" * 1_000_000,
]


def test_names_that_say_it() -> None:
    for names, expected in ((LEAST, True), (MOST, False)):
        for name in names:
            direction = direction_of(name)
            assert direction is not None, name
            assert direction.least is expected, name


@pytest.mark.parametrize("name", NEITHER, ids=lambda name: name[:30])
def test_names_that_do_not(name: str) -> None:
    assert direction_of(name) is None


def test_the_document_has_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
    rows = dict(re.findall(r"^\| (more|less) \| (.*) \|$", text, re.MULTILINE))
    for row, least in (("more", True), ("less", False)):
        assert rows[row].split(", ") == sorted(k for k, v in DIRECTIONS.items() if v.least is least)
