"""Record the good samples on which the defects of receipts are planted: real measurements on a CPU.

    python tools/record_throughput.py fixture-throughput > contracts/data/fixture-throughput.json
    python tools/record_throughput.py fixture-regression BASELINE > contracts/data/fixture-regression.json

The names are those of RECORDED. They are evidence of nothing but a gate's ability to see, and differ from
machine to machine and from time to time.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from shipworthy.contract import load_catalogue
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.measure import measure
from shipworthy.pipeline.base_model import base_model_path

_SMALL = {"runs": 3, "iterations": 5, "max_tokens": 128, "engine": "torch", "threads": 1, "device": "cpu"}
_REAL = {"runs": 3, "iterations": 5, "max_tokens": 64, "engine": "llama.cpp", "device": "cpu", "dtype": "f32"}
RECORDED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fixture-throughput": ("decode_throughput@2", "fixture-llama", {**_SMALL, "dtype": "f32"}),
    "fixture-throughput-bf16": ("decode_throughput@2", "fixture-llama", {**_SMALL, "dtype": "bf16"}),
    "fixture-roofline": ("decode_throughput@2", "the base model", {**_REAL, "thread_sweep": True}),
    "fixture-regression": ("throughput_regression@1", "fixture-llama", _REAL),
}
"""Probe, subject and parameters by the name of the data file."""


def main(name: str, *baseline: str) -> None:
    """Measure and print."""
    probe, subject, settings = RECORDED[name]
    if settings.get("threads") == 1:
        os.environ["OMP_NUM_THREADS"] = "1"
    artifacts = {"baseline": Path(baseline[0])} if baseline else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{subject}.apr"
        if subject == "fixture-llama":
            write_fixture(load_catalogue(Path("contracts")), subject, path)
        else:
            path = base_model_path()
        raw = measure(probe, path, artifacts, settings, Path(folder) / "log")
    made_by = f"tools/record_throughput.py, {probe} on {subject} with {json.dumps(settings)}"
    sys.stdout.write(json.dumps({"probe": probe, "made_by": made_by, "raw": raw}, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
