"""Planted defects of a throughput beside its baseline: raw samples in, with one thing wrong out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]


def _changed(raw: Raw) -> tuple[Object, Object]:
    """A copy of the raw samples, and the baseline's record in it."""
    changed = deepcopy(dict(raw))
    return changed, changed["baseline"]["record"]


def slower_by_a_fifth(raw: Raw) -> Object:
    """The fastest sample of every run is at four fifths of the baseline's median, and the others below."""
    changed, record = _changed(raw)
    floor = record["quantities"]["median_tokens_per_second"] * 0.8
    for run in changed["runs"]:
        fastest = max(s["tokens"] / s["seconds"] for s in run["samples"])
        for sample in run["samples"]:
            for key in ("seconds", "ttft_seconds"):
                sample[key] *= fastest / floor
    return changed


def slower_beside_faster_memory(raw: Raw) -> Object:
    """The memory reads twice as fast, and the rates are as they were."""
    changed, _ = _changed(raw)
    for run in changed["runs"]:
        run["read_bandwidth_bytes_per_second"] *= 2
    return changed


def baseline_of_another_host(raw: Raw) -> Object:
    """Another processor in the baseline."""
    changed, _ = _changed(raw)
    changed["baseline"]["host"]["processor"] = "another processor"
    return changed


def baseline_of_another_device(raw: Raw) -> Object:
    """Another device in the baseline, on a host that is called the same."""
    changed, record = _changed(raw)
    record["quantities"]["device_name"] = "another device"
    return changed


def baseline_of_other_parameters(raw: Raw) -> Object:
    """Half as many tokens in the baseline."""
    changed, record = _changed(raw)
    record["with"]["max_tokens"] //= 2
    return changed


def baseline_of_another_model(raw: Raw) -> Object:
    """Weights of half the size in the baseline."""
    changed, record = _changed(raw)
    record["quantities"]["bytes_per_token"] //= 2
    return changed


def baseline_of_another_probe(raw: Raw) -> Object:
    """The baseline's record is of another probe."""
    changed, record = _changed(raw)
    record["probe"] = "human_eval@1"
    return changed


def baseline_without_a_figure(raw: Raw) -> Object:
    """The baseline's median is null."""
    changed, record = _changed(raw)
    record["quantities"]["median_tokens_per_second"] = None
    return changed


def baseline_of_zero(raw: Raw) -> Object:
    """The baseline's medians are zero."""
    changed, record = _changed(raw)
    record["quantities"].update(median_tokens_per_second=0.0, median_fraction_of_bandwidth=0.0)
    return changed


MADE = makes(
    "measurement",
    slower_by_a_fifth,
    slower_beside_faster_memory,
    baseline_of_another_host,
    baseline_of_another_device,
    baseline_of_other_parameters,
    baseline_of_another_model,
    baseline_of_another_probe,
    baseline_without_a_figure,
    baseline_of_zero,
)
