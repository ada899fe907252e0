"""Planted defects of throughput measurements: raw samples in, raw samples with one thing wrong out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from .table import makes

_SLOWER = 1000.0

Raw = Mapping[str, Any]
Object = dict[str, Any]


def _each_run(raw: Raw, change: Callable[[Object], None]) -> Object:
    changed = deepcopy(dict(raw))
    for run in changed["runs"]:
        change(run)
    return changed


def _each_sample(raw: Raw, change: Callable[[Object], None]) -> Object:
    def every(run: Object) -> None:
        for sample in run["samples"]:
            change(sample)

    return _each_run(raw, every)


def _first_sample(raw: Raw, **values: Any) -> Object:
    changed = deepcopy(dict(raw))
    changed["runs"][0]["samples"][0].update(values)
    return changed


def constant_samples(raw: Raw) -> Object:
    """Every duration is the first one."""

    def constant(run: Object) -> None:
        for sample in run["samples"]:
            sample["seconds"] = run["samples"][0]["seconds"]

    return _each_run(raw, constant)


def other_token_count(raw: Raw) -> Object:
    """Every iteration decoded half as many tokens in half the time."""
    return _each_sample(raw, lambda s: s.update(tokens=s["tokens"] // 2, seconds=s["seconds"] / 2))


def tokens_short(raw: Raw) -> Object:
    """One iteration stopped one token early."""
    return _first_sample(raw, tokens=raw["runs"][0]["samples"][0]["tokens"] - 1)


def cpu_under_gpu_label(raw: Raw) -> Object:
    """The label says cuda; parameters and cache were seen elsewhere."""
    return _each_run(raw, lambda run: run.update(device="cuda", parameters_on="cpu", cache_on="cpu"))


def cache_on_the_cpu(raw: Raw) -> Object:
    """Device and parameters are cuda, the key/value cache is not."""
    return _each_run(raw, lambda run: run.update(device="cuda", parameters_on="cuda", cache_on="cpu"))


def other_dtype(raw: Raw) -> Object:
    """The weights were of another dtype than the criterion names."""
    return _each_run(raw, lambda run: run.update(dtype="bf16" if run["dtype"] != "bf16" else "f32"))


def sample_dropped(raw: Raw) -> Object:
    """The slowest iteration of every run is not in the receipt."""
    return _each_run(
        raw, lambda run: run["samples"].remove(max(run["samples"], key=lambda sample: sample["seconds"]))
    )


def sample_repeated(raw: Raw) -> Object:
    """The fastest iteration of every run stands in the receipt twice."""
    return _each_run(
        raw, lambda run: run["samples"].append(dict(min(run["samples"], key=lambda s: s["seconds"])))
    )


def samples_missing(raw: Raw) -> Object:
    """The runs are listed and hold no iteration."""
    return _each_run(raw, lambda run: run["samples"].clear())


def samples_sorted(raw: Raw) -> Object:
    """The iterations stand in the order of their durations."""
    return _each_run(raw, lambda run: run["samples"].sort(key=lambda sample: sample["seconds"]))


def run_dropped(raw: Raw) -> Object:
    """The slowest run is not in the receipt."""
    changed = deepcopy(dict(raw))
    changed["runs"].remove(max(changed["runs"], key=lambda run: max(s["seconds"] for s in run["samples"])))
    return changed


def run_copied(raw: Raw) -> Object:
    """Every run is the first one over again."""
    changed = deepcopy(dict(raw))
    changed["runs"] = [deepcopy(changed["runs"][0]) for _ in changed["runs"]]
    return changed


def samples_of_another_run(raw: Raw) -> Object:
    """Every run keeps its own process and holds the first run's samples."""
    first = raw["runs"][0]["samples"]
    return _each_run(raw, lambda run: run.update(samples=deepcopy(first)))


def one_process(raw: Raw) -> Object:
    """All runs were taken by one process, warm from the one before."""
    return _each_run(raw, lambda run: run.update(process=raw["runs"][0]["process"]))


def nan_sample(raw: Raw) -> Object:
    """One duration is not a number; strict JSON keeps it as null."""
    return _first_sample(raw, seconds=None)


def negative_sample(raw: Raw) -> Object:
    """One duration is below zero."""
    return _first_sample(raw, seconds=-raw["runs"][0]["samples"][0]["seconds"])


def zero_sample(raw: Raw) -> Object:
    """One duration is zero."""
    return _first_sample(raw, seconds=0.0)


def slowed_down(raw: Raw) -> Object:
    """Every duration is a thousand times as long."""
    return _each_sample(raw, lambda sample: sample.update(seconds=sample["seconds"] * _SLOWER))


MADE = makes(
    "measurement",
    constant_samples,
    other_token_count,
    tokens_short,
    cpu_under_gpu_label,
    cache_on_the_cpu,
    other_dtype,
    sample_dropped,
    sample_repeated,
    samples_missing,
    samples_sorted,
    run_dropped,
    run_copied,
    samples_of_another_run,
    one_process,
    nan_sample,
    negative_sample,
    zero_sample,
    slowed_down,
)
