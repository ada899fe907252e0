"""Planted defects of throughput measurements: raw samples in, raw samples with one thing wrong out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from .table import makes

_SLOWER = 1000.0

Raw = Mapping[str, Any]
Object = dict[str, Any]


def each_run(raw: Raw, change: Callable[[Object], None]) -> Object:
    changed = deepcopy(dict(raw))
    for run in changed["runs"]:
        change(run)
    return changed


def _each_sample(raw: Raw, change: Callable[[Object], None]) -> Object:
    def every(run: Object) -> None:
        for sample in run["samples"]:
            change(sample)

    return each_run(raw, every)


def _scaled(raw: Raw, factor: float) -> Object:
    def scale(sample: Object) -> None:
        for key in ("seconds", "ttft_seconds"):
            sample[key] *= factor

    return _each_sample(raw, scale)


def _extended(raw: Raw, *numbers: int) -> Object:
    """With as many runs again for each number of an extension: processes of their own, a little faster."""
    changed = deepcopy(dict(raw))
    for number in numbers:
        more = deepcopy([run for run in raw["runs"] if run["extension"] == 0])
        for run in more:
            run.update(extension=number, process=f"{run['process']}-{number}")
            for sample in run["samples"]:
                sample["seconds"] *= 1 - number / 1000
        changed["runs"] += more
    return changed


def _first_sample(raw: Raw, **values: Any) -> Object:
    changed = deepcopy(dict(raw))
    changed["runs"][0]["samples"][0].update(values)
    return changed


def constant_samples(raw: Raw) -> Object:
    """Every duration is the first one."""

    def constant(run: Object) -> None:
        for sample in run["samples"]:
            sample["seconds"] = run["samples"][0]["seconds"]

    return each_run(raw, constant)


def other_token_count(raw: Raw) -> Object:
    """Every iteration decoded half as many tokens in half the time."""
    return _each_sample(raw, lambda s: s.update(tokens=s["tokens"] // 2, seconds=s["seconds"] / 2))


def tokens_short(raw: Raw) -> Object:
    """One iteration stopped one token early."""
    return _first_sample(raw, tokens=raw["runs"][0]["samples"][0]["tokens"] - 1)


def sample_dropped(raw: Raw) -> Object:
    """The slowest iteration of every run is not in the receipt."""
    return each_run(
        raw, lambda run: run["samples"].remove(max(run["samples"], key=lambda sample: sample["seconds"]))
    )


def sample_repeated(raw: Raw) -> Object:
    """The fastest iteration of every run stands in the receipt twice."""
    return each_run(
        raw, lambda run: run["samples"].append(dict(min(run["samples"], key=lambda s: s["seconds"])))
    )


def samples_missing(raw: Raw) -> Object:
    """The runs are listed and hold no iteration."""
    return each_run(raw, lambda run: run["samples"].clear())


def samples_sorted(raw: Raw) -> Object:
    """The iterations stand in the order of their durations."""
    return each_run(raw, lambda run: run["samples"].sort(key=lambda sample: sample["seconds"]))


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
    return each_run(raw, lambda run: run.update(samples=deepcopy(first)))


def one_process(raw: Raw) -> Object:
    """All runs were taken by one process, warm from the one before."""
    return each_run(raw, lambda run: run.update(process=raw["runs"][0]["process"]))


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
    return _scaled(raw, _SLOWER)


def runs_missing(raw: Raw) -> Object:
    """There is no run at all."""
    return {**raw, "runs": []}


def samples_nearly_constant(raw: Raw) -> Object:
    """One duration stands in every place of a run but the first."""

    def repeat(run: Object) -> None:
        for sample in run["samples"][1:]:
            sample["seconds"] = run["samples"][0]["seconds"] * (1 + 1e-7)

    return each_run(raw, repeat)


def runs_permuted(raw: Raw) -> Object:
    """Every run holds the first one's samples, in another order."""
    changed = deepcopy(dict(raw))
    first = changed["runs"][0]["samples"]
    for number, run in enumerate(changed["runs"]):
        run["samples"] = deepcopy(first[number:] + first[:number])
    return changed


def faster_than_memory(raw: Raw) -> Object:
    """Durations so short that weights were read at thirty times the bandwidth."""

    def hurry(run: Object) -> None:
        possible = run["bytes_per_token"] / run["read_bandwidth_bytes_per_second"]
        first = run["samples"][0]["seconds"]
        for sample in run["samples"]:
            took = (sample["tokens"] - 1) * possible / 30
            sample["seconds"] = took * sample["seconds"] / first
            sample["ttft_seconds"] = sample["seconds"] / 100

    return each_run(raw, hurry)


def first_token_after_the_last(raw: Raw) -> Object:
    """In one sample the first token comes after the last."""
    return _first_sample(raw, ttft_seconds=2 * raw["runs"][0]["samples"][0]["seconds"])


def extension_not_declared(raw: Raw) -> Object:
    """More runs, and no number on them that says so."""
    changed = _extended(raw, 1)
    for run in changed["runs"]:
        run["extension"] = 0
    return changed


def extension_needless(raw: Raw) -> Object:
    """An extension behind first runs that had decided."""
    return _extended(raw, 1)


def extension_twice(raw: Raw) -> Object:
    """Two extensions."""
    return _extended(raw, 1, 2)


def extension_in_the_same_process(raw: Raw) -> Object:
    """The extension's runs name the processes of the first ones."""
    changed = _extended(raw, 1)
    for run, first in zip(changed["runs"][-len(raw["runs"]) :], raw["runs"], strict=True):
        run["process"] = first["process"]
    return changed


MADE = makes(
    "measurement",
    constant_samples,
    other_token_count,
    tokens_short,
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
    runs_missing,
    samples_nearly_constant,
    runs_permuted,
    faster_than_memory,
    first_token_after_the_last,
    extension_not_declared,
    extension_needless,
    extension_twice,
    extension_in_the_same_process,
)
