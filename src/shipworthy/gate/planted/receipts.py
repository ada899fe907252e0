"""Planted defects of throughput measurements: raw samples in, raw samples with one thing wrong out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from .table import makes

_SLOWER = 1000.0

Raw = Mapping[str, Any]


def constant_samples(raw: Raw) -> dict[str, Any]:
    """Every duration is the first one."""
    changed = deepcopy(dict(raw))
    for run in changed["runs"]:
        for sample in run["samples"]:
            sample["seconds"] = run["samples"][0]["seconds"]
    return changed


def other_token_count(raw: Raw) -> dict[str, Any]:
    """Every iteration decoded half as many tokens in half the time."""
    changed = deepcopy(dict(raw))
    for run in changed["runs"]:
        for sample in run["samples"]:
            sample["tokens"] //= 2
            sample["seconds"] /= 2
    return changed


def cpu_under_gpu_label(raw: Raw) -> dict[str, Any]:
    """The label says cuda; parameters and cache were seen elsewhere."""
    changed = deepcopy(dict(raw))
    for run in changed["runs"]:
        run["device"], run["parameters_on"], run["cache_on"] = "cuda", "cpu", "cpu"
    return changed


def sample_dropped(raw: Raw) -> dict[str, Any]:
    """The slowest iteration of every run is not in the receipt."""
    changed = deepcopy(dict(raw))
    for run in changed["runs"]:
        run["samples"].remove(max(run["samples"], key=lambda sample: sample["seconds"]))
    return changed


def nan_sample(raw: Raw) -> dict[str, Any]:
    """One duration is not a number; strict JSON keeps it as null."""
    changed = deepcopy(dict(raw))
    changed["runs"][0]["samples"][0]["seconds"] = None
    return changed


def slowed_down(raw: Raw) -> dict[str, Any]:
    """Every duration is a thousand times as long."""
    changed = deepcopy(dict(raw))
    for run in changed["runs"]:
        for sample in run["samples"]:
            sample["seconds"] *= _SLOWER
    return changed


MADE = makes(
    "measurement",
    constant_samples,
    other_token_count,
    cpu_under_gpu_label,
    sample_dropped,
    nan_sample,
    slowed_down,
)
