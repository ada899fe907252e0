"""Measures device_speed_up@1: `shipworthy bench` on the device and on the CPU, in fresh processes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .decode_throughput import take_runs


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
    """Raw: the samples of each run on the device, and of each on the CPU, every core of it."""
    settings = {"iterations": iterations, "max_tokens": max_tokens, "dtype": dtype}
    settings |= {"engine": "torch", "threads": None}
    return {
        "runs": take_runs(subject, {**settings, "device": device}, [0] * runs, log),
        "reference": take_runs(subject, {**settings, "device": "cpu"}, [0] * runs, log),
    }
