"""Samples that cannot have been measured: constant where time was taken, or longer than the time there was.

Probes look at their own samples too, where their contracts ask; this holds whatever a contract asks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_SLACK_SECONDS = 2.0
"""Bundles keep whole seconds."""
_FEW = 3


def samples_problem(document: Mapping[str, Any], predicate: Mapping[str, Any]) -> tuple[str, str] | None:
    """The code and what is impossible about a measurement, or None."""
    seconds = _number(document.get("seconds"))
    if seconds is None or not math.isfinite(seconds):
        return "impossible-samples", "does not say how long it took"
    there_was = _elapsed(predicate)
    if seconds < 0 or seconds > there_was + _SLACK_SECONDS:
        return "impossible-samples", f"took {seconds:g} s in a dispatch of {there_was:g} s"
    timed = list(_timed_runs(document["raw"]))
    if (total := math.fsum(value for run in timed for value in run)) > seconds + _SLACK_SECONDS:
        return "impossible-samples", f"its samples sum to {total:g} s, and it took {seconds:g} s"
    if any(len(run) >= _FEW and len(set(run)) == 1 for run in timed):
        return "constant-samples", "every sample of a run took exactly as long"
    return None


def _elapsed(predicate: Mapping[str, Any]) -> float:
    try:
        started = datetime.fromisoformat(predicate["started"])
        return (datetime.fromisoformat(predicate["finished"]) - started).total_seconds()
    except (KeyError, TypeError, ValueError):
        # A statement without both times bounds nothing, and no measurement fits into it.
        return -math.inf


def _number(value: Any) -> float | None:
    """A JSON number; infinite where no float64 holds it, as an integer of 400 digits."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _timed_runs(raw: Mapping[str, Any]) -> Iterator[list[float]]:
    """The durations of each run, in raw samples that hold runs of timed samples."""
    runs = raw.get("runs")
    for run in runs if isinstance(runs, list) else []:
        samples = run.get("samples") if isinstance(run, dict) else None
        durations = [
            seconds
            for sample in (samples if isinstance(samples, list) else [])
            if isinstance(sample, dict) and (seconds := _number(sample.get("seconds"))) is not None
        ]
        if durations:
            yield durations
