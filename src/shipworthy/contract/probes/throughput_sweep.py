"""A sweep over numbers of threads: which were tried, and whether that is one at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from .throughput_runs import agreed, rates, summarize_runs

Run = Mapping[str, Any]

_ALIKE = ("engine", "dtype", "device", "device_name", "cache_dtype", "bytes_per_token")
_SOUND = (
    "fresh_processes",
    "device_proven",
    "dtype_proven",
    "weights_read",
    "finite",
    "samples_vary",
    "runs_differ",
)
_NONE_IS_ZERO = ("iterations", "tokens", "warm_up_tokens")


def thread_counts(most: int) -> list[int]:
    """1, 2, 4 ... up to `most` threads, which is the last."""
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]


def best_threads(runs: Sequence[Run], sweep: Sequence[Run]) -> int:
    """Which number of threads was the fastest by its median; 0 where there is no sweep, or none that counts.

    One that counts tried 1, 2, 4 ... up to the threads of the runs, once each, as the runs were taken, and
    is itself no receipt that a run would not pass with.
    """
    if not runs or not sweep:
        return 0
    found, main = summarize_runs(sweep), summarize_runs(runs)
    most = agreed((run["threads"] for run in runs), 0)
    counts = (
        [run["threads"] for run in sweep] == thread_counts(most)
        and all(found[name] == main[name] != "mixed" for name in _ALIKE)
        and all(found[name] for name in (*_SOUND, *_NONE_IS_ZERO))
        and summarize_runs([*runs, *sweep])["fresh_processes"]
    )
    return int(max(sweep, key=lambda run: median(rates(run)))["threads"]) if counts else 0
