"""A release attempt whose receipts, in other tools' forms, say nothing wrong: what tests change one thing of.

The model is MODEL-2 as it is registered. Figures are made up and follow from each other; three independent
runs of 5 x 128 tokens, samples kept, digests beside every name, no claim of credit.
"""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODEL = "model-2.apr"
DIGEST = hashlib.sha256(MODEL.encode()).hexdigest()
Files = dict[str, Any]
"""File name to JSON value, or to text."""

TIMES_MS = (
    (790.1, 801.5, 795.25, 799.0, 810.75),
    (785.5, 800.0, 791.0, 803.25, 797.5),
    (799.5, 788.0, 805.0, 793.5, 801.0),
)
EPOCHS = (
    (0, 5.25, 5.75, 40960, 12.5),
    (1, 4.5, 4.875, 81920, 12.25),
    (2, 4.125, 4.25, 122880, 12.75),
    (3, 4.25, 4.0, 163840, 12.5),
)


def bench(times: tuple[float, ...]) -> dict[str, Any]:
    """`apr bench --json` with what it leaves out: samples, the bound, the device, a digest."""
    tokens, total = 128 * len(times), sum(times)
    return {
        "model": f"/models/{MODEL}",
        "model_sha256": DIGEST,
        "device": "NVIDIA GeForce RTX 4090",
        "tokens_per_second": round(1000 * tokens / total, 1),
        "total_tokens": tokens,
        "total_time_ms": total,
        "time_to_first_token_ms": 11.5,
        "iterations": len(times),
        "mean_time_ms": total / len(times),
        "median_time_ms": statistics.median(times),
        "latency_p50_ms": statistics.median(times),
        "min_tokens_per_second": 100,
        "passed": True,
        "samples_ms": list(times),
    }


def gate(name: str, message: str, **more: Any) -> dict[str, Any]:
    """A gate of `apr qa --json` that ran and passed."""
    return {"name": name, "passed": True, "message": message, "duration_ms": 100, "skipped": False, **more}


def qa() -> dict[str, Any]:
    """`apr qa --json`, everything run."""
    gates = [
        gate("tensor_contract", "219 tensors passed every check", value=219.0, threshold=219.0),
        gate(
            "metadata_plausibility", "3 checks passed (arch=LlamaForCausalLM, rope_theta=10000, max_pos=4096)"
        ),
        gate("golden_output", "20 of 20 prompts as recorded"),
        gate("throughput", "160.2 tok/s >= 100 tok/s threshold", value=160.1875, threshold=100.0),
        gate("performance_regression", "0.99 of the recorded rate", value=0.99, threshold=0.9),
    ]
    return {
        "model": f"/models/{MODEL}",
        "model_sha256": DIGEST,
        "passed": True,
        "gates": gates,
        "gates_executed": len(gates),
        "gates_skipped": 0,
        "total_duration_ms": 600,
        "summary": "All gates passed",
    }


def inspect() -> dict[str, Any]:
    """`apr inspect --json`."""
    return {
        "file": f"/models/{MODEL}",
        "sha256": DIGEST,
        "valid": True,
        "format": "APR v2",
        "tensor_count": 219,
        "size_bytes": 1_494_200_000,
        "checksum_valid": True,
        "architecture": "llama",
        "num_layers": 24,
        "hidden_size": 1024,
        "vocab_size": 50257,
        "metadata": {
            "architecture": "llama",
            "hf_architecture": "LlamaForCausalLM",
            "param_count": 373_509_120,
        },
    }


def lm_eval() -> dict[str, Any]:
    """lm-evaluation-harness: 612 of 2,376 questions of arc_easy."""
    share, count = 612 / 2376, 2376
    return {
        "results": {
            "arc_easy": {
                "alias": "arc_easy",
                "acc,none": share,
                "acc_stderr,none": (share * (1 - share) / (count - 1)) ** 0.5,
            }
        },
        "configs": {"arc_easy": {"task": "arc_easy", "output_type": "multiple_choice"}},
        "n-samples": {"arc_easy": {"original": count, "effective": count}},
        "config": {
            "model": "hf",
            "model_args": "pretrained=/models/model-2",
            "model_sha": "0123456789abcdef0123456789abcdef01234567",
        },
    }


def llama_bench() -> list[dict[str, Any]]:
    """`llama-bench -o json`: five samples of 128 tokens."""
    nanoseconds = [799_113_004, 798_876_551, 801_004_870, 800_500_019, 797_990_733]
    rates = [128e9 / value for value in nanoseconds]
    return [
        {
            "build_commit": "5266f24da",
            "backends": "CUDA",
            "gpu_info": "NVIDIA GeForce RTX 4090",
            "model_filename": "model-2.gguf",
            "sha256": DIGEST,
            "model_size": 4 * 373_509_120,
            "model_n_params": 373_509_120,
            "n_prompt": 0,
            "n_gen": 128,
            "avg_ns": int(statistics.mean(nanoseconds)),
            "stddev_ns": int(statistics.stdev(nanoseconds)),
            "avg_ts": round(statistics.mean(rates), 6),
            "stddev_ts": round(statistics.stdev(rates), 6),
            "samples_ns": nanoseconds,
            "samples_ts": [float(f"{rate:.6g}") for rate in rates],
        }
    ]


JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites tests="3" failures="0" errors="0">
<testsuite name="pytest" tests="3" failures="0" errors="0" skipped="0" time="0.5">
<testcase classname="gates.test_c_01" name="test_falsify_c_01" time="0.1" />
<testcase classname="gates.test_c_02" name="test_falsify_c_02" time="0.2" />
<testcase classname="gates.test_c_03" name="test_falsify_c_03" time="0.2" />
</testsuite>
</testsuites>
"""

LOG = """ggml_cuda_init: found 1 CUDA devices:
  Device 0: NVIDIA GeForce RTX 4090, compute capability 8.9, VMM: yes
llama_model_loader: - kv   0:  general.architecture str              = llama
llama_model_load: loaded
"""


def summary() -> dict[str, Any]:
    """Figures that are in the raw files, the files named, no credit taken."""
    return {
        "title": "MODEL-2, four epochs",
        "sources": ["bench-1.json", "qa.json", "trajectory.tsv"],
        "mode": "pretrain",
        "bench": {"tokens_per_second": 160.1, "ttft_ms": 11.5, "iterations": 5, "p50_ms": 799.0},
        "qa": {"gates_executed": 5, "gates_skipped": 0},
        "training": {
            "best_val_loss": 4.12,
            "best_epoch": 2,
            "final_val_loss": 4.25,
            "final_train_loss": 4,
            "epochs": 4,
            "tokens_seen": 163840,
            "chance_ceiling": 10.82,
            "delta_vs_ceiling": -6.7,
        },
        "export": {"tensors": 219, "exported_size_gib": 1.39},
        "criteria": {"AC-SHIP2-003": "BLOCKED (4.25 > 2.2)", "AC-SHIP2-010": "PENDING"},
        "ship_pct": 0,
    }


def receipts() -> Files:
    """All of them."""
    files: Files = {f"bench-{index}.json": bench(times) for index, times in enumerate(TIMES_MS, 1)}
    files |= {
        "qa.json": qa(),
        "inspect.json": inspect(),
        "arc.json": lm_eval(),
        "llama-bench.json": llama_bench(),
    }
    files |= {"junit.xml": JUNIT, "load.log": LOG, "summary.json": summary()}
    files["trajectory.tsv"] = "".join("\t".join(map(str, row)) + "\n" for row in EPOCHS)
    return files


def write(directory: Path, files: Files) -> Path:
    """Write receipts into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def changed(*changes: Callable[[Files], Any]) -> Files:
    """The honest receipts with changes."""
    files = receipts()
    for change in changes:
        change(files)
    return files
