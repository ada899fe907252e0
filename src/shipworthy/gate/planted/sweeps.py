"""Planted defects of a sweep over numbers of threads: raw samples in, with one thing wrong out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]


def sweep_missing(raw: Raw) -> Object:
    """No other number of threads was tried."""
    return {**raw, "sweep": []}


def _each_sample(raw: Raw, **values: Any) -> Object:
    changed = deepcopy(dict(raw))
    for run in changed["sweep"]:
        for sample in run["samples"]:
            sample.update(values)
    return changed


def sweep_of_other_counts(raw: Raw) -> Object:
    """Each number of threads that was tried is one more than it should be."""
    changed = deepcopy(dict(raw))
    for run in changed["sweep"]:
        run["threads"] += 1
    return changed


def sweep_constant(raw: Raw) -> Object:
    """Every duration of the sweep is one and the same."""
    seconds = raw["sweep"][0]["samples"][0]["seconds"]
    return _each_sample(raw, seconds=seconds)


def sweep_of_another_engine(raw: Raw) -> Object:
    """The sweep was taken with another engine than the runs."""
    changed = deepcopy(dict(raw))
    for run in changed["sweep"]:
        run["engine"] = "torch" if run["engine"] != "torch" else "llama.cpp"
    return changed


def sweep_without_figures(raw: Raw) -> Object:
    """Every duration of the sweep is null."""
    return _each_sample(raw, seconds=None)


MADE = makes(
    "measurement",
    sweep_missing,
    sweep_of_other_counts,
    sweep_constant,
    sweep_of_another_engine,
    sweep_without_figures,
)
