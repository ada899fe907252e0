"""Measures human_eval@1: HumanEval in a fresh process, each program in isolation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...canonical import sha256_bytes
from ...pipeline.isolation import IsolationMissing, isolation_problem
from ..evaluation_run import receipt, run_evaluation


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    samples: int,
    seed: int,
    max_tokens: int,
    engine: str,
    device: str,
    dtype: str,
) -> dict[str, Any]:
    """Raw: one run, per problem how its program ended and the digest of the completion.

    Greedy decoding draws nothing, so that `seed` decides nothing; it is part of what is stated.
    Raises IsolationMissing before anything is generated, UsageError where there are no problems.
    """
    decoding = {"max_tokens": max_tokens, "engine": engine, "device": device, "dtype": dtype}
    return {"runs": [run_of(subject, decoding, log)]}


def run_of(subject: Path, decoding: Mapping[str, Any], log: Path, number: int = 1) -> dict[str, Any]:
    """One run of all problems as raw samples have it."""
    if (problem := isolation_problem()) is not None:
        raise IsolationMissing(problem, fix="run where namespaces are permitted")
    return as_run(*run_evaluation(subject, decoding, log, number=number))


def as_run(summary: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A run as raw samples have it, from what the suite left."""
    return receipt(
        summary,
        rows,
        "attempts",
        _attempt,
        started=summary["started"],
        problems_sha256=summary["problems_sha256"],
        samples=summary["samples"],
        seconds_limit=summary["seconds_limit"],
        isolated=summary["isolated"],
    )


def _attempt(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "task_id": row["task_id"],
        "completion_sha256": sha256_bytes(row["completion"].encode(errors="surrogatepass")),
        "tokens": row["tokens"],
        "stopped": row["stopped"],
        "ended": row["ended"],
        "passed": row["ended"] == "completed",
        "seconds": row["seconds"],
    }
