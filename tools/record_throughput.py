"""Record the good samples on which the defects of receipts are planted: real measurements on a CPU.

    python tools/record_throughput.py fixture-throughput > contracts/data/fixture-throughput.json
    python tools/record_throughput.py fixture-speed-up > contracts/data/fixture-speed-up.json

The baseline of `fixture-regression` is another measurement by decode_throughput@2, and of no bundle.
In bfloat16 our engine keeps the weights as they are here, which on a processor without instructions for it is
slow, and what a GPU does; else the good samples of a GPU could not be had without one.

The names are those of RECORDED. They are evidence of nothing but a gate's ability to see, and differ from
machine to machine and from time to time.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from shipworthy.contract import Catalogue, load_catalogue
from shipworthy.contract.probe import quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.contract.probes.throughput_regression import BASE, COMPARED
from shipworthy.evidence import describe_environment
from shipworthy.evidence.baseline import HOST_FACTS
from shipworthy.gate import bench_process
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.measure import decode_throughput, measure
from shipworthy.gate.measure.decode_throughput import take_runs
from shipworthy.model import rows
from shipworthy.pipeline.base_model import base_model_path

AS_THEY_ARE = "--as-they-are"
_SMALL = {"runs": 3, "iterations": 5, "max_tokens": 128, "engine": "torch", "threads": 1, "device": "cpu"}
_REAL = {"runs": 3, "iterations": 5, "max_tokens": 64, "engine": "llama.cpp", "device": "cpu", "dtype": "f32"}
_SIDES = {"runs": 3, "iterations": 5, "max_tokens": 64, "engine": "torch", "threads": None, "device": "cpu"}
_STANDS_IN = "fixture-llama in place of a device, and with twelve times its layers on the same CPU"
RECORDED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "fixture-throughput": ("decode_throughput@2", "fixture-llama", {**_SMALL, "dtype": "f32"}),
    "fixture-throughput-bf16": ("decode_throughput@2", "fixture-llama", {**_SMALL, "dtype": "bf16"}),
    "fixture-roofline": ("decode_throughput@2", "the base model", {**_REAL, "thread_sweep": True}),
    "fixture-speed-up": ("device_speed_up@1", _STANDS_IN, {**_SIDES, "dtype": "f32"}),
    "fixture-speed-up-bf16": ("device_speed_up@1", _STANDS_IN, {**_SIDES, "dtype": "bf16"}),
    "fixture-regression": ("throughput_regression@1", "fixture-llama", _REAL),
}
"""Probe, subject and parameters by the name of the data file."""


def beside(earlier: dict[str, Any], runs: list[dict[str, Any]], settings: dict[str, Any]) -> dict[str, Any]:
    """Raw samples of throughput_regression@1: runs, and a baseline that an earlier measurement is."""
    environment = describe_environment()
    host = {name: environment[name] for name in HOST_FACTS}
    compared = {name: settings.get(name) for name in COMPARED}
    record = {
        "falsifier": "none",
        "criterion": "none",
        "probe": BASE,
        "with": compared,
        "quantities": quantities_of(PROBES[BASE], earlier),
    }
    baseline = {"bundle": "none", "manifest_sha256": "none", "started": "", "host": host, "record": record}
    return {"runs": runs, "with": compared, "host": host, "baseline": baseline}


def with_layers(catalogue: Catalogue, layers: int) -> Catalogue:
    """The catalogue with so many layers in `fixture-llama`."""
    known = catalogue.registrations["fixture-llama"]
    deeper = replace(known, constants={**known.constants, "num_layers": layers})
    return replace(catalogue, registrations={**catalogue.registrations, known.id: deeper})


def sides(settings: dict[str, Any]) -> dict[str, Any]:
    """What a single run is told."""
    return {name: value for name, value in settings.items() if name != "runs"}


@contextmanager
def as_they_are(wanted: bool) -> Iterator[None]:
    """Where it is wanted, runs keep two-byte weights whatever the processor has."""
    before = decode_throughput.BENCH
    if wanted:
        decode_throughput.BENCH = ("-P", __file__, AS_THEY_ARE)
    yield
    decode_throughput.BENCH = before


def one_run() -> None:
    """A run of bench in this process, the weights as they are."""
    rows._native = lambda weight: True
    del sys.argv[1]
    bench_process.main()


def main(name: str) -> None:
    """Measure and print."""
    probe, subject, settings = RECORDED[name]
    if settings.get("threads") == 1:
        os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{subject}.apr"
        log = Path(folder) / "log"
        if subject == "the base model":
            path = base_model_path()
        else:
            write_fixture(load_catalogue(Path("contracts")), "fixture-llama", path)
        with as_they_are(settings["dtype"] == "bf16"):
            if subject == _STANDS_IN:
                raw = {"runs": take_runs(path, sides(settings), [0] * settings["runs"], log)}
            else:
                raw = measure("decode_throughput@2", path, {}, settings, log)
        if probe == "throughput_regression@1":
            raw = beside(raw, take_runs(path, sides(settings), [0] * settings["runs"], log), settings)
        if subject == _STANDS_IN:
            slow = Path(folder) / "slow.apr"
            write_fixture(with_layers(load_catalogue(Path("contracts")), 24), "fixture-llama", slow)
            raw["reference"] = take_runs(slow, sides(settings), [0] * settings["runs"], log)
    made_by = f"tools/record_throughput.py, {probe} on {subject} with {json.dumps(settings)}"
    sys.stdout.write(json.dumps({"probe": probe, "made_by": made_by, "raw": raw}, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == AS_THEY_ARE:
        one_run()
    else:
        main(sys.argv[1])
