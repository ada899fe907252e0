"""A bench is raw samples of exactly what was asked for, and says where they were taken."""

from __future__ import annotations

import json
import os
import statistics
from pathlib import Path

import pytest
import torch

from shipworthy.canonical import sha256_file
from shipworthy.errors import UsageError
from shipworthy.pipeline.bench import bench, thread_counts
from shipworthy.pipeline.engines import ENGINES


@pytest.mark.parametrize("engine", ENGINES)
def test_the_samples(small_apr: Path, engine: str) -> None:
    result = bench(small_apr, iterations=3, max_tokens=12, engine=engine)
    assert result["engine"] == engine
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert [sample["tokens"] for sample in result["samples"]] == [12, 12, 12]
    assert all(0 < sample["ttft_seconds"] < sample["seconds"] for sample in result["samples"])
    rates = [sample["tokens"] / sample["seconds"] for sample in result["samples"]]
    assert result["median_tokens_per_second"] == statistics.median(rates)
    assert result["median_decode_tokens_per_second"] > 0
    assert (result["iterations"], result["max_tokens"]) == (3, 12)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_proof_of_place(small_apr: Path, engine: str) -> None:
    result = bench(small_apr, iterations=1, max_tokens=2, dtype="bf16", engine=engine)
    assert result["subject"] == {"sha256": sha256_file(small_apr), "format": "apr"}
    assert result["device"]["type"] == result["parameters_on"] == result["cache_on"] == "cpu"
    assert (result["dtype"], result["cores"]) == ("bf16", len(os.sched_getaffinity(0)))
    assert result["cache_dtype"] == ("bfloat16" if engine == "torch" else "float32")
    assert result["warm_up_tokens"] == 2
    matrices = 49152 * 64 + 2 * (64 * 64 * 2 + 64 * 32 * 2 + 64 * 96 * 3)
    norms, row = 5 * 64, 64
    vectors = 2 * (norms + row) if engine == "torch" else 4 * norms
    assert result["bytes_per_token"] == 2 * matrices + vectors
    held = {
        "torch": {"bfloat16": 2 * (matrices + norms)},
        "llama.cpp": {"bfloat16": 2 * matrices, "float32": 4 * norms},
    }[engine]
    assert result["parameters_by_dtype"] == held
    assert result["parameters_bytes"] == sum(held.values())
    roof = result["read_bandwidth_bytes_per_second"]
    assert roof > 1e8
    reads = result["bandwidth_reads"]
    assert (reads["bytes"], len(reads["seconds"])) == (1 << 29, 5)
    assert roof == reads["bytes"] / min(reads["seconds"])
    rate = result["median_decode_tokens_per_second"]
    assert result["fraction_of_bandwidth"] == rate * result["bytes_per_token"] / roof
    assert result["threads"] == len(os.sched_getaffinity(0))


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
        ({"engine": "onnx"}, "unknown-engine"),
        ({"threads": 0}, "threads"),
        ({"batch": 0}, "batch"),
        ({"batch": 1025}, "batch"),
        ({"batch": 2, "engine": "llama.cpp"}, "engine-batch"),
    ],
)
def test_refused(small_apr: Path, options: dict[str, object], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        bench(small_apr, **options)
    assert caught.value.code == code


@pytest.mark.parametrize(("most", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_a_sweep_doubles_up_to_the_most(most: int, counts: list[int]) -> None:
    assert thread_counts(most) == counts


def test_on_the_cpu_the_default_is_named(small_apr: Path) -> None:
    found = bench(small_apr, iterations=1, max_tokens=2)
    assert (found["engine"], found["batch"]) == ("llama.cpp", 1)
    assert found["whole_batch"] == {name: found[name] for name in found["whole_batch"]}


def test_a_batch_is_named_and_its_rates_are_beside_those_of_one_sequence(small_apr: Path) -> None:
    found = bench(small_apr, iterations=3, max_tokens=12, batch=4)
    assert (found["engine"], found["batch"], found["max_tokens"]) == ("torch", 4, 12)
    assert [sample["tokens"] for sample in found["samples"]] == [12, 12, 12]
    # Four sequences are really computed: of 2 layers there are keys and values for each, 2 heads of 16, and
    # a step looks up as many rows of the embedding.
    positions = found["prompt_tokens"] + 12
    assert found["cache_bytes"] == 4 * (2 * 2 * 2 * 16 * 4) * positions
    assert found["bytes_per_token"] == found["parameters_bytes"] + 4 * 64 * 4
    rates = [sample["tokens"] / sample["seconds"] for sample in found["samples"]]
    assert found["median_tokens_per_second"] == statistics.median(rates)
    for name, rate in found["whole_batch"].items():
        assert rate == 4 * found[name]
