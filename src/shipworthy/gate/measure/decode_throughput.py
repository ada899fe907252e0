"""Measures decode_throughput@1: `shipworthy bench` in as many fresh processes as the contract says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...canonical import strict_loads
from ...errors import ShipworthyError


class BenchFailed(ShipworthyError):
    """A bench process that ended without a result."""

    exit_code = 1


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    runs: int,
    iterations: int,
    max_tokens: int,
    device: str,
    dtype: str,
) -> dict[str, Any]:
    """Raw: the samples of each run, with the process that took them and where parameters and cache lay."""
    settings = {"iterations": iterations, "max_tokens": max_tokens, "device": device, "dtype": dtype}
    settings["engine"] = "torch"  # what the checkpoint's own decoder does is what this probe is about
    return {"runs": [_run(subject, settings, number, log) for number in range(runs)]}


def _run(subject: Path, settings: Mapping[str, Any], number: int, log: Path) -> dict[str, Any]:
    argv = [sys.executable, "-P", "-m", "shipworthy.gate.bench_process", str(subject)]
    argv += [json.dumps(settings)]
    with log.open("ab") as stderr:
        child = subprocess.run(argv, stdout=subprocess.PIPE, stderr=stderr, check=False)
    if child.returncode != 0:
        raise BenchFailed(
            "bench-failed", f"run {number + 1} ended with code {child.returncode}, see {log.name}"
        )
    result = strict_loads(child.stdout)
    return {
        "process": result["process"],
        "device": result["device"]["type"],
        "device_name": result["device"]["name"],
        "parameters_on": result["parameters_on"],
        "cache_on": result["cache_on"],
        "dtype": result["dtype"],
        "threads": result["threads"],
        "samples": [
            {"tokens": sample["tokens"], "seconds": sample["seconds"], "ttft_seconds": sample["ttft_seconds"]}
            for sample in result["samples"]
        ],
    }
