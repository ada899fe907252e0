"""A bench is raw samples of exactly what was asked for, and says where they were taken."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
import torch

from shipworthy.canonical import sha256_file
from shipworthy.errors import UsageError
from shipworthy.pipeline.bench import bench


def test_the_samples(small_apr: Path) -> None:
    result = bench(small_apr, iterations=3, max_tokens=12)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert [sample["tokens"] for sample in result["samples"]] == [12, 12, 12]
    assert all(0 < sample["ttft_seconds"] < sample["seconds"] for sample in result["samples"])
    rates = [sample["tokens"] / sample["seconds"] for sample in result["samples"]]
    assert result["median_tokens_per_second"] == statistics.median(rates)
    assert result["median_decode_tokens_per_second"] > 0
    assert (result["iterations"], result["max_tokens"]) == (3, 12)


def test_the_proof_of_place(small_apr: Path) -> None:
    result = bench(small_apr, iterations=1, max_tokens=2, dtype="bf16")
    assert result["subject"] == {"sha256": sha256_file(small_apr), "format": "apr"}
    assert result["device"]["type"] == result["parameters_on"] == result["cache_on"] == "cpu"
    assert (result["dtype"], result["parameters_dtype"]) == ("bf16", "bfloat16")
    assert result["parameter_bytes"] == 2 * sum(
        n for n in (49152 * 64, 2 * (64 * 64 * 2 + 64 * 32 * 2 + 64 * 96 * 3 + 128), 64)
    )
    assert result["threads"] == torch.get_num_threads()


def test_one_token_has_no_decode_rate(small_apr: Path) -> None:
    result = bench(small_apr, iterations=1, max_tokens=1)
    assert result["samples"][0]["tokens"] == 1
    assert result["median_decode_tokens_per_second"] is None


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"iterations": 0}, "bench-counts"),
        ({"max_tokens": 0}, "bench-counts"),
        ({"max_tokens": 256}, "context-exceeded"),
        ({"prompt": ""}, "empty-prompt"),
        ({"device": f"cuda:{torch.cuda.device_count()}"}, "no-such-device"),
        ({"dtype": "f64"}, "unknown-dtype"),
    ],
)
def test_refused(small_apr: Path, options: dict[str, object], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        bench(small_apr, **options)
    assert caught.value.code == code
