"""Measures decode_throughput@2: `shipworthy bench` in as many fresh processes as the contract says."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...canonical import strict_loads
from ...checkpoint import open_checkpoint
from ...errors import ShipworthyError
from ...pipeline.bench import thread_counts
from ...pipeline.engines import read_at_a_token
from ..own_exports import own_exports

BENCH: tuple[str, ...] = ("-P", "-m", "shipworthy.gate.bench_process")
"""What python runs for one run: it is given the subject and the settings."""

_SWEEP_ITERATIONS = 2
_SWEEP_TOKENS = 32
_KEPT = (
    "engine", "gpu", "parameters_on", "parameters_bytes", "parameters_by_dtype", "cache_on", "cache_dtype",
    "cache_bytes", "device_memory_bytes", "dtype", "threads", "cores", "warm_up_tokens", "prompt_tokens",
    "bytes_per_token", "read_bandwidth_bytes_per_second", "bandwidth_reads", "samples", "process",
)  # fmt: skip


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
    engine: str,
    device: str,
    dtype: str,
    threads: int | None = None,
    thread_sweep: bool = False,
    extension: int = 0,
    earlier: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Raw: the samples of each run, with the process that took them and where parameters and cache lay.

    With `earlier`, those samples and the runs of the extension behind them.
    """
    settings = {"iterations": iterations, "max_tokens": max_tokens, "device": device, "dtype": dtype}
    settings |= {"engine": engine, "threads": threads}
    if earlier is not None:
        more = take_runs(subject, settings, [1] * extension, log)
        return {**earlier, "runs": [*earlier["runs"], *more]}
    short = {**settings, "iterations": _SWEEP_ITERATIONS, "max_tokens": min(max_tokens, _SWEEP_TOKENS)}
    swept = thread_counts(threads) if thread_sweep and device == "cpu" else []
    with own_exports() as environment:
        return {
            "runs": [_run(subject, settings, 0, log, environment) for _ in range(runs)],
            "sweep": [_run(subject, {**short, "threads": count}, 0, log, environment) for count in swept],
        }


def take_runs(
    subject: Path, settings: Mapping[str, Any], extensions: Iterable[int], log: Path
) -> list[dict[str, Any]]:
    """A run in a process of its own for each number, which says of which extension it is; 0 is of none.

    Beside what the process says of itself stands how many weights of the subject a token reads.
    """
    with own_exports() as environment:
        return [_run(subject, settings, number, log, environment) for number in extensions]


def _run(
    subject: Path, settings: Mapping[str, Any], extension: int, log: Path, environment: Mapping[str, str]
) -> dict[str, Any]:
    argv = [sys.executable, *BENCH, str(subject), json.dumps(settings)]
    with log.open("ab") as stderr:
        child = subprocess.run(argv, stdout=subprocess.PIPE, stderr=stderr, env=environment, check=False)
    if child.returncode != 0:
        raise BenchFailed("bench-failed", f"a run ended with code {child.returncode}, see {log.name}")
    result = strict_loads(child.stdout)
    return {
        "extension": extension,
        "weights": _weights(subject),
        "device": result["device"]["type"],
        "device_name": result["device"]["name"],
        **{name: result[name] for name in _KEPT},
    }


def _weights(subject: Path) -> int:
    """How many weights of the subject a token reads."""
    with open_checkpoint(subject) as checkpoint:
        return sum(math.prod(entry.shape) for entry in read_at_a_token(checkpoint))
