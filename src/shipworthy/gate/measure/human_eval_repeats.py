"""Measures human_eval_repeats@1: HumanEval several times, each in a fresh process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .human_eval import run_of


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    runs: int,
    seed: int,
    max_tokens: int,
    engine: str,
    device: str,
    dtype: str,
) -> dict[str, Any]:
    """Raw: the runs, as human_eval@1 has one."""
    decoding = {"max_tokens": max_tokens, "engine": engine, "device": device, "dtype": dtype}
    return {"runs": [run_of(subject, decoding, log, number) for number in range(1, runs + 1)]}
