"""Quantities of runs of decoding: shared by the probes that time them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from statistics import median
from typing import Any

from .median_interval import of_slowest_run
from .throughput_proofs import (
    bandwidth_sampled,
    device_proven,
    dtype_kept,
    dtype_proven,
    gpu_state_recorded,
    memory_on_device,
    positive,
    vary,
    weights_read,
)

Run = Mapping[str, Any]


def rates(run: Run) -> list[float]:
    """Tokens a second of each iteration, prefill included; NaN where a sample cannot be a duration."""
    return [_rate(s["tokens"], s["seconds"]) for s in run["samples"]]


def fractions(run: Run) -> list[float]:
    """Bytes of weights read a second after the first token, over the read bandwidth of the same process."""
    bandwidth = run["read_bandwidth_bytes_per_second"]
    if not positive(bandwidth):
        return [math.nan for _ in run["samples"]]
    per_token = run["bytes_per_token"] / bandwidth
    return [per_token * _rate(s["tokens"] - 1, _decoding(s)) for s in run["samples"]]


def _decoding(sample: Mapping[str, Any]) -> float | None:
    seconds, first = sample["seconds"], sample["ttft_seconds"]
    return seconds - first if positive(seconds) and positive(first) else None


def _rate(tokens: int, seconds: float | None) -> float:
    return tokens / seconds if seconds is not None and positive(seconds) else math.nan


def agreed(values: Iterable[Any], otherwise: Any) -> Any:
    """What all are, or `otherwise` where they differ or there is none."""
    found = list(values)
    return found[0] if found and all(value == found[0] for value in found) else otherwise


def samples_of(runs: Sequence[Run]) -> list[Mapping[str, Any]]:
    """Every sample of every run."""
    return [sample for run in runs for sample in run["samples"]]


def every(runs: Sequence[Run], holds: Callable[[Run], bool]) -> bool:
    """Whether something holds of every run, and there is one."""
    return bool(runs) and all(holds(run) for run in runs)


def summarize_runs(runs: Sequence[Run]) -> dict[str, Any]:
    """The quantities that RUN_QUANTITIES declares."""
    by_run, reached = [rates(run) for run in runs], [fractions(run) for run in runs]
    counts = [len(run["samples"]) for run in runs]
    numbers = [value for values in (*by_run, *reached) for value in values]
    finite = bool(runs) and min(counts) > 0 and all(math.isfinite(value) for value in numbers)
    first = [run for run in runs if run["extension"] == 0]
    return {
        "runs": len(first),
        "extensions": max((run["extension"] for run in runs), default=0),
        "extension_runs": len(runs) - len(first),
        "processes": len({run["process"] for run in first}),
        "fresh_processes": bool(runs) and len({run["process"] for run in runs}) == len(runs),
        "iterations": agreed(counts, 0),
        "tokens": agreed((sample["tokens"] for sample in samples_of(runs)), 0),
        "warm_up_tokens": min((run["warm_up_tokens"] for run in runs), default=0),
        "engine": agreed((run["engine"] for run in runs), "mixed"),
        "threads": agreed((run["threads"] for run in runs), 0),
        "every_core": every(runs, lambda run: run["threads"] == run["cores"]),
        "device": agreed((run["device"] for run in runs), "mixed"),
        "device_name": agreed((run["device_name"] for run in runs), "mixed"),
        "device_proven": every(runs, device_proven),
        "memory_on_device": every(runs, memory_on_device),
        "gpu_state_recorded": every(runs, gpu_state_recorded),
        "dtype": agreed((run["dtype"] for run in runs), "mixed"),
        "dtype_proven": every(runs, dtype_proven),
        "dtype_kept": every(runs, dtype_kept),
        "cache_dtype": agreed((run["cache_dtype"] for run in runs), "mixed"),
        "weights_read": every(runs, weights_read),
        "finite": finite,
        "samples_vary": len({s["seconds"] for s in samples_of(runs)}) > 1
        and all(vary(_durations(run)) for run in runs),
        "runs_differ": bool(runs)
        and not any(_shared(*pair) for pair in combinations(map(_durations, runs), 2)),
        "order_plausible": _order_plausible(runs),
        "bytes_per_token": agreed((run["bytes_per_token"] for run in runs), 0),
        "read_bandwidth": min(run["read_bandwidth_bytes_per_second"] for run in runs) / 1e9
        if finite
        else None,
        "bandwidth_sampled": every(runs, bandwidth_sampled),
        "tokens_per_second": of_slowest_run(by_run, "tokens/s") if finite else None,
        "median_tokens_per_second": min(map(median, by_run)) if finite else None,
        "fraction_of_bandwidth": of_slowest_run(reached, "") if finite else None,
        "median_fraction_of_bandwidth": min(map(median, reached)) if finite else None,
        "greatest_fraction_of_bandwidth": max(map(max, reached)) if finite else None,
    }


def _durations(run: Run) -> list[Any]:
    return [sample["seconds"] for sample in run["samples"]]


def _shared(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether two runs have half of their durations in common, in whatever order."""
    common = (Counter(one) & Counter(other)).total()
    return 2 * common >= min(len(one), len(other))


def _order_plausible(runs: Sequence[Run]) -> bool:
    """False where iterations of every run stand strictly in one and the same order of duration.

    By chance that is 2 / (n!)^runs, one in a million for three runs of five; of fewer nothing is said.
    """
    if len(runs) < 3 or any(len(run["samples"]) < 5 for run in runs):
        return True
    return not any(
        all(
            s is not None and t is not None and (t - s) * sign > 0
            for run in runs
            for s, t in pairwise(_durations(run))
        )
        for sign in (1, -1)
    )


def first_runs(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The raw samples without those of extensions."""
    return {**raw, "runs": [run for run in raw["runs"] if run["extension"] == 0]}
