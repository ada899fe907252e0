"""What a run of decoding shows of itself: where its weights and its cache lay, in which dtypes, how many."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .throughput_schema import TORCH_NAMES

Run = Mapping[str, Any]

_WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}
_IN_THE_DTYPE = 0.95
"""Norms and biases stay in float32 in exports; of a model that anyone uses they are under a thousandth."""
_NEAR = 0.01
_READS = 5
_BEYOND_CACHES = 1 << 28
"""Bytes: of fewer, a read says how fast a cache is."""


def positive(value: Any) -> bool:
    """Whether a number was measured: there, finite and above zero."""
    return value is not None and math.isfinite(value) and value > 0


def vary(durations: Sequence[Any]) -> bool:
    """Whether no duration stands for more than half of the samples; of a single one nothing is said."""
    return len(durations) < 2 or 2 * max(Counter(durations).values()) <= len(durations)


def bandwidth_sampled(run: Run) -> bool:
    """Whether the bandwidth that the run states follows from the reads of memory that it keeps."""
    reads, stated = run.get("bandwidth_reads"), run["read_bandwidth_bytes_per_second"]
    if reads is None or reads["bytes"] < _BEYOND_CACHES or not positive(stated):
        return False
    seconds = reads["seconds"]
    if len(seconds) < _READS or not all(map(positive, seconds)) or not vary(seconds):
        return False
    return math.isclose(stated, reads["bytes"] / min(seconds), rel_tol=1e-9)


def device_proven(run: Run) -> bool:
    """Whether parameters and cache were seen where the run says that it was."""
    return len({run["device"], run["parameters_on"], run["cache_on"]}) == 1


def memory_on_device(run: Run) -> bool:
    """A device with a memory of its own holds at least the parameters; a CPU has no other than all have."""
    if run["device"] == "cpu":
        return True
    held, parameters = run["device_memory_bytes"], run["parameters_bytes"]
    return bool(held is not None and 0 < parameters <= held)


def gpu_state_recorded(run: Run) -> bool:
    """On CUDA, NVML said before and after what the device is, its driver, its clocks and its power."""
    if run["device"] == "cpu":
        return True
    states = run["gpu"] or {}
    return states.keys() == {"before", "after"} and all(
        state["name"] == run["device_name"]
        and state["driver"] == states["before"]["driver"] != ""
        and all(positive(state[key]) for key in ("sm_clock_mhz", "memory_clock_mhz", "power_watts"))
        for state in states.values()
    )


def _held(run: Run) -> dict[str, int]:
    """Bytes of the weights by dtype; none where they are not all of the weights."""
    held = {name: nbytes for name, nbytes in run["parameters_by_dtype"].items() if nbytes > 0}
    return held if sum(held.values()) == run["parameters_bytes"] else {}


def dtype_kept(run: Run) -> bool:
    """Whether every weight lay in the dtype of the label, or in float32, which holds each of its values."""
    held = _held(run)
    return bool(held) and held.keys() <= {TORCH_NAMES[run["dtype"]], "float32"}


def dtype_proven(run: Run) -> bool:
    """Whether nearly every byte of the weights lay in the dtype of the label, and the rest in float32."""
    named = _held(run).get(TORCH_NAMES[run["dtype"]], 0)
    return dtype_kept(run) and named >= _IN_THE_DTYPE * run["parameters_bytes"]


def weights_read(run: Run) -> bool:
    """Whether the weights that were seen are as many as the subject's, and a token reads all their bytes."""
    count = sum(nbytes / _WIDTHS.get(name, math.nan) for name, nbytes in _held(run).items())
    return _near(count, run["weights"]) and _near(run["bytes_per_token"], run["parameters_bytes"])


def _near(value: float, other: float) -> bool:
    return other > 0 and abs(value / other - 1) <= _NEAR
