"""How the receipts in this folder were made: run from the root of the repository, with no arguments.

Every figure is measured by this run, on the small random llama, which nobody's release names. JUnit states
the name of a machine; it is left out here before pytest writes it.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from shipworthy.canonical import sha256_file
from shipworthy.contract import load_catalogue
from shipworthy.gate.fixtures import write_fixture
from shipworthy.pipeline.bench import bench
from shipworthy.pipeline.export import export_gguf
from shipworthy.pipeline.recipe import BenchSpec, DataSpec, Recipe, TrainSpec
from shipworthy.pipeline.train import pretrain

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TOKENS = 32
TRAIN = TrainSpec(
    epochs=4, steps_per_epoch=5, batch_size=2, sequence_length=32, learning_rate=1e-3, warmup_steps=2,
    weight_decay=0.1, gradient_clip=1.0, validation_batches=2, seed=0,
)  # fmt: skip
PARITY = """
import sys
from llama_cpp import Llama
Llama(sys.argv[1], n_ctx=64, verbose=True)
"""


def write_json(name: str, value: Any) -> None:
    (HERE / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def trajectory(run: Any) -> list[tuple[int, float, float, int, float]]:
    """Epoch, losses, tokens seen and seconds of training steps, of a run of ours."""
    lines = [json.loads(line) for line in (run.run_dir / "steps.jsonl").read_text().splitlines()]
    rows, seen = [], 0
    for (epoch, steps), stated in zip(
        groupby(lines, key=lambda line: line["epoch"]), run.run["epochs"], strict=True
    ):
        taken = list(steps)
        seen += sum(step["tokens"] for step in taken)
        seconds = round(sum(step["seconds"] for step in taken), 6)
        rows.append((epoch, stated["validation_loss"], stated["training_loss"], seen, seconds))
    return rows


def as_llama_bench(found: dict[str, Any], gguf: Path) -> list[dict[str, Any]]:
    """The decode part of our samples, in the form of `llama-bench -o json`."""
    tokens = TOKENS - 1
    nanoseconds = [round(1e9 * (s["seconds"] - s["ttft_seconds"])) for s in found["samples"]]
    rates = [1e9 * tokens / value for value in nanoseconds]
    return [
        {
            "build_commit": "llama-cpp-python",
            "backends": "CPU",
            "model_filename": gguf.name,
            "model_type": "llama F32",
            "n_threads": found["threads"],
            "n_prompt": 0,
            "n_gen": tokens,
            "n_depth": found["prompt_tokens"] + 1,
            "avg_ns": int(statistics.mean(nanoseconds)),
            "stddev_ns": int(statistics.stdev(nanoseconds)),
            "avg_ts": round(statistics.mean(rates), 6),
            "stddev_ts": round(statistics.stdev(rates), 6),
            "samples_ns": nanoseconds,
            "samples_ts": [float(f"{rate:.6g}") for rate in rates],
        }
    ]


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as scratch:
        model, gguf = Path(scratch) / "fixture-llama.apr", Path(scratch) / "fixture-llama.gguf"
        write_fixture(load_catalogue(ROOT / "contracts"), "fixture-llama", model)
        export_gguf(model, gguf, "f32")
        texts = Path(scratch) / "texts"
        texts.mkdir()
        for document in sorted((ROOT / "docs").glob("*.md")):
            (texts / document.name).with_suffix(".txt").write_text(document.read_text())
        data = DataSpec(str(texts), 0.5, "Apache-2.0")
        recipe = Recipe("small", "small", str(model), data, TRAIN, "cpu", "f32", BenchSpec(2, 4), ("f32",))
        run = pretrain(recipe, Path(scratch) / "runs", progress=False)
        ours = bench(model, iterations=5, max_tokens=TOKENS, engine="torch")
        theirs = bench(model, iterations=5, max_tokens=TOKENS, engine="llama.cpp")
        log = subprocess.run(
            [sys.executable, "-c", PARITY, gguf.name], cwd=scratch, capture_output=True, text=True, check=True
        ).stderr
        rows = trajectory(run)
        digests = {path.name: sha256_file(path) for path in (model, gguf)}
    write_json("bench.json", ours)
    write_json("llama-bench.json", as_llama_bench(theirs, gguf))
    (HERE / "load.log").write_text(log)
    table = ["\t".join(map(str, row)) for row in rows]
    (HERE / "trajectory.tsv").write_text("\n".join(table) + "\n")
    platform.node = lambda: "a machine"
    pytest.main(
        [
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={HERE / 'junit.xml'}",
            f"{ROOT}/tests/test_exact_interval.py",
        ]
    )
    best = min(rows, key=lambda row: row[1])
    write_json(
        "summary.json",
        {
            "release": "smollm2-demo",
            "sources": ["bench.json", "llama-bench.json", "trajectory.tsv", "junit.xml", "load.log"],
            "model": {"file": model.name, "sha256": digests[model.name]},
            "bench": {"iterations": 5, "tokens_per_second": round(ours["median_tokens_per_second"], 1)},
            "training": {
                "epochs": len(rows),
                "best_epoch": best[0],
                "best_val_loss": round(best[1], 4),
                "final_val_loss": round(rows[-1][1], 4),
                "final_train_loss": round(rows[-1][2], 4),
                "tokens_seen": rows[-1][3],
            },
            "criteria": {
                "AC-SHIP2-005": "BLOCKED: a random model, which no registration is of",
                "AC-SHIP2-009": "BLOCKED: not run",
                "AC-SHIP2-010": "BLOCKED: missing_hardware, the bench ran on a CPU",
            },
        },
    )
    names = sorted(path.name for path in HERE.iterdir() if path.suffix in (".json", ".log", ".tsv", ".xml"))
    digests |= {name: sha256_file(HERE / name) for name in names}
    (HERE / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))


if __name__ == "__main__":
    main()
