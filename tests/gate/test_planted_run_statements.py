"""The planted defects of what a run of decoding states, and of a sweep, do what they say, to a copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import DEFECTS
from shipworthy.gate.planted import plant_in_raw, run_statements, sweeps

Raw = dict[str, Any]


def stated(*names: str) -> Callable[[Raw], set[Any]]:
    return lambda raw: {tuple(run[name] for name in names) for run in raw["runs"]}


def widths(run: Raw) -> float:
    """Weights by their bytes."""
    bits = {"float32": 32, "bfloat16": 16, "Q8_0": 8.5, "int8": 8}
    return sum(8 * nbytes / bits[name] for name, nbytes in run["parameters_by_dtype"].items())


def holds(raw: Raw, *names: str) -> bool:
    """Whether every run holds as many weights as it had, in these dtypes, its bytes all accounted for."""
    return all(
        set(run["parameters_by_dtype"]) == set(names)
        and sum(run["parameters_by_dtype"].values()) == run["parameters_bytes"] == run["bytes_per_token"]
        and abs(widths(run) / run["weights"] - 1) < 0.01
        for run in raw["runs"]
    )


DOES: dict[str, Callable[[Raw, Raw], bool]] = {
    "cpu_under_gpu_label": lambda _, bad: stated("device", "cache_on")(bad) == {("cuda", "cpu")},
    "cache_on_the_cpu": lambda _, bad: (
        stated("device", "parameters_on", "cache_on")(bad) == {("cuda", "cuda", "cpu")}
    ),
    "other_dtype": lambda _, bad: stated("dtype")(bad) == {("bf16",)},
    "no_warm_up": lambda _, bad: stated("warm_up_tokens")(bad) == {(0,)},
    "other_engine": lambda _, bad: stated("engine")(bad) == {("llama.cpp",)},
    "parameters_of_another_dtype": lambda _, bad: holds(bad, "int8"),
    "matrices_of_another_dtype": lambda _, bad: holds(bad, "bfloat16", "float32"),
    "matrices_quantized": lambda _, bad: holds(bad, "Q8_0", "float32"),
    "bytes_per_token_inflated": lambda _, bad: all(
        run["bytes_per_token"] > 1.2 * run["parameters_bytes"] for run in bad["runs"]
    ),
    "weights_of_a_smaller_model": lambda good, bad: all(
        2 * run["parameters_bytes"] == first["parameters_bytes"] and run["weights"] == first["weights"]
        for run, first in zip(bad["runs"], good["runs"], strict=True)
    ),
    "cache_of_another_dtype": lambda _, bad: stated("cache_dtype")(bad) == {("q8_0",)},
    "half_of_the_cores": lambda good, bad: (
        stated("threads")(bad) != stated("cores")(bad) == stated("cores")(good)
    ),
    "bandwidth_in_another_unit": lambda _, bad: all(
        run["read_bandwidth_bytes_per_second"] > 1e16 for run in bad["runs"]
    ),
    "bandwidth_understated": lambda good, bad: (
        stated("read_bandwidth_bytes_per_second")(bad)
        == {(value / 10,) for (value,) in stated("read_bandwidth_bytes_per_second")(good)}
    ),
    "bandwidth_of_a_data_sheet": lambda _, bad: all(
        len(run["bandwidth_reads"]["seconds"]) == 5 and len(set(run["bandwidth_reads"]["seconds"])) == 1
        for run in bad["runs"]
    ),
    "bandwidth_without_reads": lambda _, bad: not any("bandwidth_reads" in run for run in bad["runs"]),
    "memory_read_by_one_thread": lambda good, bad: all(
        min(new["bandwidth_reads"]["seconds"]) == 10 * min(old["bandwidth_reads"]["seconds"])
        for new, old in zip(bad["runs"], good["runs"], strict=True)
    ),
    "bandwidth_not_measured": lambda _, bad: stated("read_bandwidth_bytes_per_second")(bad) == {(None,)},
    "weights_beside_the_device": lambda _, bad: all(
        (run["device"], run["parameters_on"]) == ("cuda", "cuda")
        and run["device_memory_bytes"] < run["parameters_bytes"]
        for run in bad["runs"]
    ),
    "gpu_not_described": lambda _, bad: stated("device", "gpu")(bad) == {("cuda", None)},
    "another_gpu": lambda _, bad: all(
        run["gpu"]["after"]["name"] != run["device_name"] for run in bad["runs"]
    ),
    "another_driver_after": lambda _, bad: all(
        run["gpu"]["after"]["driver"] != run["gpu"]["before"]["driver"] for run in bad["runs"]
    ),
    "gpu_states_of_no_time": lambda _, bad: all(set(run["gpu"]) == {"x", "y"} for run in bad["runs"]),
    "sweep_missing": lambda _, bad: bad["sweep"] == [],
    "sweep_of_other_counts": lambda good, bad: (
        [run["threads"] for run in bad["sweep"]] == [run["threads"] + 1 for run in good["sweep"]]
    ),
    "sweep_constant": lambda _, bad: len({s["seconds"] for run in bad["sweep"] for s in run["samples"]}) == 1,
    "sweep_of_another_engine": lambda good, bad: {run["engine"] for run in bad["sweep"]} == {"torch"},
    "sweep_without_figures": lambda _, bad: (
        {s["seconds"] for run in bad["sweep"] for s in run["samples"]} == {None}
    ),
}


def test_every_such_defect_is_tried_here() -> None:
    assert set(DOES) == {name for topic in (run_statements, sweeps) for _, name in topic.MADE}


@pytest.mark.parametrize("name", DOES)
def test_a_defect_does_what_it_says_to_a_copy(catalogue: Catalogue, name: str) -> None:
    raw = json.loads(catalogue.data[DEFECTS[name].fixture].path.read_bytes())["raw"]
    before = json.dumps(raw)
    # Threads are all that a defect of threads can change, and fixture-throughput has one of two.
    if name == "half_of_the_cores":
        raw = json.loads(catalogue.data["fixture-roofline"].path.read_bytes())["raw"]
        before = json.dumps(raw)
    bad = plant_in_raw(Planted(name, "measurement", ""), raw)
    assert json.dumps(raw) == before != json.dumps(bad)
    assert DOES[name](raw, bad)


def test_a_label_of_two_bytes_gets_matrices_of_four(catalogue: Catalogue) -> None:
    raw = json.loads(catalogue.data["fixture-throughput-bf16"].path.read_bytes())["raw"]
    bad = plant_in_raw(Planted("matrices_of_another_dtype", "measurement", ""), raw)
    for run in bad["runs"]:
        assert run["parameters_by_dtype"]["float32"] > 100 * run["parameters_by_dtype"]["bfloat16"] > 0
    assert holds(bad, "bfloat16", "float32")
