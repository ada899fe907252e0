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


def _scaled(raw: Raw, factor: float) -> Object:
    def scale(sample: Object) -> None:
        for key in ("seconds", "ttft_seconds"):
            sample[key] *= factor

    return _each_sample(raw, scale)


def _on_cuda(raw: Raw, **values: Any) -> Object:
    """As a run on a GPU would have it, every place and NVML's words included, but for `values`."""

    def move(run: Object) -> None:
        state = {
            "name": run["device_name"],
            "driver": "570.00",
            "sm_clock_mhz": 2520,
            "memory_clock_mhz": 10501,
            "power_watts": 300.0,
        }
        run.update(
            device="cuda",
            parameters_on="cuda",
            cache_on="cuda",
            device_memory_bytes=2 * run["parameters_bytes"],
            gpu={"before": dict(state), "after": dict(state)},
        )
        run.update(deepcopy(values))

    return _each_run(raw, move)


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

    return _each_run(raw, constant)


def other_token_count(raw: Raw) -> Object:
    """Every iteration decoded half as many tokens in half the time."""
    return _each_sample(raw, lambda s: s.update(tokens=s["tokens"] // 2, seconds=s["seconds"] / 2))


def tokens_short(raw: Raw) -> Object:
    """One iteration stopped one token early."""
    return _first_sample(raw, tokens=raw["runs"][0]["samples"][0]["tokens"] - 1)


def cpu_under_gpu_label(raw: Raw) -> Object:
    """The label says cuda; parameters and cache were seen elsewhere."""
    return _on_cuda(raw, parameters_on="cpu", cache_on="cpu")


def cache_on_the_cpu(raw: Raw) -> Object:
    """Device and parameters are cuda, the key/value cache is not."""
    return _on_cuda(raw, cache_on="cpu")


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
    return _scaled(raw, _SLOWER)


def runs_missing(raw: Raw) -> Object:
    """There is no run at all."""
    return {**raw, "runs": []}


def no_warm_up(raw: Raw) -> Object:
    """Nothing was decoded before the clock ran."""
    return _each_run(raw, lambda run: run.update(warm_up_tokens=0))


def other_engine(raw: Raw) -> Object:
    """Another engine decoded."""
    return _each_run(raw, lambda run: run.update(engine="torch" if run["engine"] != "torch" else "llama.cpp"))


def parameters_of_another_dtype(raw: Raw) -> Object:
    """The weights were seen in int8 under the label of the dtype that was asked for."""
    return _each_run(raw, lambda run: run.update(parameters_dtype="int8"))


def weights_beside_the_device(raw: Raw) -> Object:
    """The device's memory holds a hundredth of the weights that are said to lie there."""
    held = min(run["parameters_bytes"] for run in raw["runs"]) // 100
    return _on_cuda(raw, device_memory_bytes=held)


def gpu_not_described(raw: Raw) -> Object:
    """A run on a GPU without a word of NVML."""
    return _on_cuda(raw, gpu=None)


def another_gpu(raw: Raw) -> Object:
    """NVML names another GPU than the receipt."""
    return _each_run(_on_cuda(raw), lambda run: run.update(device_name="NVIDIA GeForce RTX 4090"))


def bandwidth_not_measured(raw: Raw) -> Object:
    """The bandwidth is null in every run."""
    return _each_run(raw, lambda run: run.update(read_bandwidth_bytes_per_second=None))


def faster_than_memory(raw: Raw) -> Object:
    """Durations so short that weights were read at thirty times the bandwidth."""

    def hurry(run: Object) -> None:
        possible = run["bytes_per_token"] / run["read_bandwidth_bytes_per_second"]
        first = run["samples"][0]["seconds"]
        for sample in run["samples"]:
            took = (sample["tokens"] - 1) * possible / 30
            sample["seconds"] = took * sample["seconds"] / first
            sample["ttft_seconds"] = sample["seconds"] / 100

    return _each_run(raw, hurry)


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


def sweep_missing(raw: Raw) -> Object:
    """No other number of threads was tried."""
    return {**raw, "sweep": []}


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
    runs_missing,
    no_warm_up,
    other_engine,
    parameters_of_another_dtype,
    weights_beside_the_device,
    gpu_not_described,
    another_gpu,
    bandwidth_not_measured,
    faster_than_memory,
    first_token_after_the_last,
    extension_not_declared,
    extension_needless,
    extension_twice,
    extension_in_the_same_process,
    sweep_missing,
)
