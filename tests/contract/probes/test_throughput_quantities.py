"""decode_throughput@2: the slowest run decides, and nothing that is not a duration counts as one."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shipworthy.contract import MeasurementError, Outcome, judge, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.contract.probes.median_interval import median_interval, median_level, median_rank
from shipworthy.contract.probes.throughput_sweep import thread_counts

PROBE = PROBES["decode_throughput@2"]
DURATIONS = st.floats(1e-3, 1e3)
RUNS = st.integers(2, 6).flatmap(
    lambda n: st.lists(st.lists(DURATIONS, min_size=n, max_size=n), min_size=1, max_size=4)
)


def run(seconds: list[float | None], number: int = 0, *, tokens: int = 128, **change: Any) -> dict[str, Any]:
    return {
        "extension": 0,
        "process": f"process-{number}",
        "engine": "torch",
        "device": "cpu",
        "device_name": "a processor",
        "device_memory_bytes": None,
        "gpu": None,
        "parameters_on": "cpu",
        "parameters_bytes": 1000,
        "parameters_by_dtype": {"float32": 1000},
        "weights": 250,
        "cache_on": "cpu",
        "cache_dtype": "float32",
        "dtype": "f32",
        "threads": 1,
        "cores": 1,
        "warm_up_tokens": 8,
        "bytes_per_token": 1000,
        "read_bandwidth_bytes_per_second": 1.0e6,
        "samples": [
            {"tokens": tokens, "seconds": s, "ttft_seconds": s / 128 if s is not None else None}
            for s in seconds
        ],
        **change,
    }


def quantities(*runs: dict[str, Any]) -> dict[str, Any]:
    return quantities_of(PROBE, {"runs": list(runs), "sweep": []})


def floor(found: dict[str, Any], bound: float) -> Outcome:
    return judge({"tokens_per_second": {"minimum": bound}}, found, PROBE, {}).outcome


def test_three_runs_by_hand() -> None:
    found = quantities(run([1.0, 1.28, 2.0], 0), run([0.64, 0.8, 1.6], 1), run([1.0, 1.6, 3.2], 2))
    counted = {
        "runs": 3,
        "extensions": 0,
        "extension_runs": 0,
        "processes": 3,
        "iterations": 3,
        "tokens": 128,
    }
    assert {name: found[name] for name in counted} == counted
    stated = {"engine": "torch", "threads": 1, "device": "cpu", "dtype": "f32", "warm_up_tokens": 8}
    assert {name: found[name] for name in stated} == stated
    proven = ("fresh_processes", "device_proven", "memory_on_device", "gpu_state_recorded", "dtype_proven")
    assert all(found[name] for name in (*proven, "finite", "samples_vary", "runs_differ", "order_plausible"))
    rate = {"low": 40.0, "high": 128.0, "level": 0.75, "n": 3, "unit": "tokens/s"}
    assert found["tokens_per_second"] == rate
    assert found["median_tokens_per_second"] == 80.0
    assert (found["bytes_per_token"], found["read_bandwidth"]) == (1000, 1.0e-3)
    # 127 tokens in 127/128 of the time, of a thousand bytes each, beside a million bytes a second.
    assert found["fraction_of_bandwidth"]["high"] == pytest.approx(0.128)
    assert found["median_fraction_of_bandwidth"] == pytest.approx(0.08)
    assert found["greatest_fraction_of_bandwidth"] == pytest.approx(0.2)


@given(RUNS)
def test_the_interval_is_the_least_low_and_the_least_high_end(durations: list[list[float]]) -> None:
    found = quantities(*(run(list(seconds), n) for n, seconds in enumerate(durations)))
    rates = [[128 / s for s in seconds] for seconds in durations]
    interval = found["tokens_per_second"]
    assert interval["low"] == min(min(r) for r in rates)
    assert interval["high"] == min(max(r) for r in rates)
    assert interval["n"] == len(durations[0])
    assert interval["level"] == 1 - 2 ** (1 - interval["n"])


@given(RUNS, st.floats(1e-2, 1e6))
def test_pass_means_every_run_clears_the_floor_and_fail_that_some_run_is_under_it(
    durations: list[list[float]], bound: float
) -> None:
    found = quantities(*(run(list(seconds), n) for n, seconds in enumerate(durations)))
    slowest = [128 / max(seconds) for seconds in durations]
    fastest = [128 / min(seconds) for seconds in durations]
    match floor(found, bound):
        case Outcome.PASS:
            assert all(rate >= bound for rate in slowest)
        case Outcome.FAIL:
            assert any(rate < bound for rate in fastest)
        case _:
            assert min(slowest) < bound <= min(fastest)


@given(RUNS, st.sampled_from([None, 0.0, -1.0, math.nan]), st.data())
def test_a_sample_that_is_no_duration_leaves_no_rate_and_never_passes(
    durations: list[list[float]], bad: float | None, data: st.DataObject
) -> None:
    runs = [run(list(seconds), n) for n, seconds in enumerate(durations)]
    chosen = data.draw(st.sampled_from(runs))
    data.draw(st.sampled_from(chosen["samples"]))["seconds"] = bad
    found = quantities(*runs)
    assert found["finite"] is False
    assert found["tokens_per_second"] is None
    assert floor(found, 1e-9) is not Outcome.PASS


@pytest.mark.parametrize("runs", [[], [run([])], [run([1.0, 2.0]), run([], 1)]])
def test_no_samples_are_not_finite(runs: list[dict[str, Any]]) -> None:
    found = quantities(*runs)
    assert found["finite"] is False
    assert found["tokens_per_second"] is None


@given(RUNS)
def test_a_constant_run_is_seen(durations: list[list[float]]) -> None:
    runs = [run(list(seconds), n) for n, seconds in enumerate(durations)]
    runs.append(run([durations[0][0]] * len(durations[0]), len(runs)))
    assert quantities(*runs)["samples_vary"] is False


@given(RUNS)
def test_samples_that_differ_within_every_run_vary(durations: list[list[float]]) -> None:
    assume(all(2 * max(Counter(seconds).values()) <= len(seconds) for seconds in durations))
    runs = [run(list(seconds), n) for n, seconds in enumerate(durations)]
    assert quantities(*runs)["samples_vary"] is True


def test_of_a_single_sample_there_is_no_interval() -> None:
    with pytest.raises(MeasurementError, match=r"level 0\.0"):
        quantities(run([1.0, 2.0]), run([1.0], 1))


def test_runs_that_disagree_are_mixed_or_zero() -> None:
    found = quantities(
        run([1.0, 2.0], device="cuda", parameters_on="cuda", cache_on="cuda", engine="llama.cpp"),
        run([1.0, 2.0, 3.0], 1, tokens=64, dtype="f16", threads=2),
    )
    assert (found["device"], found["dtype"], found["engine"]) == ("mixed", "mixed", "mixed")
    assert found["threads"] == 0
    assert (found["iterations"], found["tokens"]) == (0, 0)
    assert found["device_proven"] is True
    assert found["tokens_per_second"]["n"] == 2


@pytest.mark.parametrize("place", ["parameters_on", "cache_on"])
def test_a_label_that_parameters_or_cache_belie_is_not_proven(place: str) -> None:
    assert quantities(run([1.0, 2.0], **{place: "cuda"}))["device_proven"] is False
    assert quantities()["device_proven"] is False


def test_one_process_that_measured_thrice_is_one() -> None:
    assert quantities(*(run([1.0, 2.0]) for _ in range(3)))["processes"] == 1


def test_the_level_is_that_of_the_order_statistics() -> None:
    assert median_level(5) == 0.9375
    assert median_level(2) == 0.5
    assert (median_rank(8), median_rank(9)) == (1, 2)
    assert median_level(9) == 1 - 2 * (1 + 9) / 2**9
    assert median_interval([5.0, 1.0, 3.0, 2.0, 4.0]) == (1.0, 5.0)
    assert median_interval([float(n) for n in range(1, 10)]) == (2.0, 8.0)


@given(st.integers(5, 100))
def test_the_interval_is_the_narrowest_that_keeps_its_level(n: int) -> None:
    rank = median_rank(n)
    assert median_level(n) >= 0.9375
    below = sum(math.comb(n, i) for i in range(rank + 1))
    assert 1 - 2 * below / 2**n < 0.9375 or 2 * rank >= n


GPU = {
    "name": "a GPU",
    "driver": "570",
    "sm_clock_mhz": 2520,
    "memory_clock_mhz": 10501,
    "power_watts": 300.0,
}
ON_GPU = {
    "device": "cuda",
    "device_name": "a GPU",
    "parameters_on": "cuda",
    "cache_on": "cuda",
    "device_memory_bytes": 1000,
    "gpu": {"before": GPU, "after": GPU},
}


def test_on_a_gpu_its_memory_and_its_state_are_proof() -> None:
    found = quantities(run([1.0, 2.0], **ON_GPU))
    assert (found["device_proven"], found["memory_on_device"], found["gpu_state_recorded"]) == (
        True,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("change", "red"),
    [
        ({"device_memory_bytes": 999}, "memory_on_device"),
        ({"device_memory_bytes": None}, "memory_on_device"),
        ({"device_memory_bytes": 0, "parameters_bytes": 0}, "memory_on_device"),
        ({"gpu": None}, "gpu_state_recorded"),
        ({"gpu": {}}, "gpu_state_recorded"),
        ({"gpu": {"before": GPU}}, "gpu_state_recorded"),
        ({"gpu": {"before": GPU, "after": {**GPU, "power_watts": None}}}, "gpu_state_recorded"),
        ({"gpu": {"before": GPU, "after": {**GPU, "driver": ""}}}, "gpu_state_recorded"),
        ({"gpu": {"before": {**GPU, "name": "another"}, "after": GPU}}, "gpu_state_recorded"),
        ({"gpu": {"before": GPU, "after": {**GPU, "driver": "555"}}}, "gpu_state_recorded"),
        ({"gpu": {"x": GPU, "y": GPU}}, "gpu_state_recorded"),
        ({"gpu": {"before": GPU, "after": GPU, "later": GPU}}, "gpu_state_recorded"),
    ],
)
def test_of_a_gpu_nothing_may_be_left_out(change: dict[str, Any], red: str) -> None:
    assert quantities(run([1.0, 2.0], **{**ON_GPU, **change}))[red] is False


@pytest.mark.parametrize("bad", [None, 0.0, -1.0])
def test_a_bandwidth_that_was_not_measured_leaves_no_figure(bad: float | None) -> None:
    found = quantities(run([1.0, 2.0], read_bandwidth_bytes_per_second=bad))
    assert found["finite"] is False
    assert found["tokens_per_second"] is found["fraction_of_bandwidth"] is found["read_bandwidth"] is None


def test_runs_in_one_order_are_suspicious_and_a_single_exception_is_enough() -> None:
    rising = [run([1.0 + n, 2.0 + n, 3.0 + n, 4.0 + n, 5.0 + n], n) for n in range(3)]
    assert quantities(*rising)["order_plausible"] is False
    assert quantities(*rising[:2])["order_plausible"] is True
    rising[2]["samples"].reverse()
    assert quantities(*rising)["order_plausible"] is True


def test_an_extension_is_counted_apart_and_its_runs_decide_too() -> None:
    first = [run([1.0, 1.28, 2.0], n) for n in range(3)]
    for n, entry in enumerate(first):
        entry["samples"][0]["seconds"] += n / 100
    more = run([4.0, 5.0, 6.0], 3, extension=1)
    found = quantities(*first, more)
    assert (found["runs"], found["extensions"], found["extension_runs"], found["processes"]) == (3, 1, 1, 3)
    assert found["tokens_per_second"]["high"] == 32.0
    assert quantities(*first, run([4.0, 5.0], 0, extension=1))["fresh_processes"] is False


SWEEP = [
    run([3.0, 3.1], 7, threads=1, cores=4),
    run([1.0, 1.1], 8, threads=2, cores=4),
    run([2.0, 2.1], 9, threads=4, cores=4),
]


def best(sweep: list[dict[str, Any]], *runs: dict[str, Any]) -> int:
    """`best_threads` of a sweep beside a run of four threads."""
    raw = {"runs": [run([1.0, 2.0], threads=4, cores=4), *runs], "sweep": sweep}
    found: int = quantities_of(PROBE, raw)["best_threads"]
    return found


def test_the_sweep_names_the_fastest_number_of_threads() -> None:
    assert best(SWEEP) == 2
    assert thread_counts(1) == [1]
    assert best([]) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "llama.cpp"},
        {"dtype": "bf16", "parameters_by_dtype": {"bfloat16": 500}},
        {"cache_dtype": "float16"},
        {"device": "cuda"},
        {"warm_up_tokens": 0},
        {"process": "process-0"},
        {"samples": [{"tokens": 32, "seconds": 1.0, "ttft_seconds": 0.1}] * 2},
        {"samples": [{"tokens": 32, "seconds": None, "ttft_seconds": None}] * 2},
        {"samples": [{"tokens": 0, "seconds": s, "ttft_seconds": 0.1} for s in (1.0, 1.1)]},
        {"weights": 500},
        {"threads": 3},
    ],
)
def test_a_sweep_that_a_run_would_not_pass_with_names_nothing(change: dict[str, Any]) -> None:
    assert best([SWEEP[0], {**SWEEP[1], **change}, SWEEP[2]]) == 0


def test_a_sweep_that_stops_early_repeats_itself_or_is_of_other_runs_names_nothing() -> None:
    assert best(SWEEP[:2]) == best(SWEEP[1:]) == best([*SWEEP, SWEEP[-1]]) == 0
    assert best([{**SWEEP[0], "samples": SWEEP[1]["samples"]}, *SWEEP[1:]]) == 0
    assert best(SWEEP, run([1.0, 2.0], 9, threads=4, cores=4, process="process-7")) == 0


def held(dtype: str, **nbytes: int) -> dict[str, Any]:
    """Quantities of runs whose weights lie so, a million bytes in float32."""
    total = sum(nbytes.values())
    change = {"dtype": dtype, "parameters_by_dtype": nbytes, "weights": 250_000}
    return quantities(run([1.0, 2.0], parameters_bytes=total, bytes_per_token=total, **change))


@pytest.mark.parametrize(
    ("dtype", "nbytes", "proven", "kept", "read"),
    [
        ("f32", {"float32": 1_000_000}, True, True, True),
        ("f32", {"float32": 1_000_000, "int8": 0}, True, True, True),
        ("f32", {"bfloat16": 499_000, "float32": 2_000}, False, False, True),
        ("f32", {"Q8_0": 265_000, "float32": 2_000}, False, False, False),
        ("f32", {"int8": 250_000}, False, False, False),
        ("f32", {"float32": 500_000}, True, True, False),
        ("f32", {"float64": 2_000_000}, False, False, False),
        ("f32", {}, False, False, False),
        ("f32", {"unknown": 1_000_000}, False, False, False),
        ("bf16", {"bfloat16": 500_000}, True, True, True),
        ("bf16", {"bfloat16": 499_000, "float32": 2_000}, True, True, True),
        ("bf16", {"bfloat16": 2_000, "float32": 996_000}, False, True, True),
        ("bf16", {"bfloat16": 400_000, "float32": 200_000}, False, True, True),
        ("bf16", {"bfloat16": 499_000, "float16": 1_000}, False, False, True),
        ("f16", {"bfloat16": 500_000}, False, False, True),
    ],
)
def test_a_dtype_is_that_of_nearly_every_byte(
    dtype: str, nbytes: dict[str, int], proven: bool, kept: bool, read: bool
) -> None:
    found = held(dtype, **nbytes)
    assert (found["dtype_proven"], found["dtype_kept"], found["weights_read"]) == (proven, kept, read)


@pytest.mark.parametrize(
    "change",
    [
        {"bytes_per_token": 1250},
        {"bytes_per_token": 1},
        {"bytes_per_token": 0},
        {"parameters_bytes": 0},
        {"parameters_bytes": 2000, "bytes_per_token": 2000},
        {"weights": 0},
        {"weights": 260},
    ],
)
def test_bytes_that_are_not_those_of_the_subjects_weights_are_seen(change: dict[str, Any]) -> None:
    assert quantities(run([1.0, 2.0]))["weights_read"] is True
    assert quantities(run([1.0, 2.0]), run([1.0, 3.0], 1, **change))["weights_read"] is False


def test_every_core_is_as_many_threads_as_the_process_had_cores() -> None:
    assert quantities(run([1.0, 2.0], threads=2, cores=2))["every_core"] is True
    assert quantities(run([1.0, 2.0], threads=2, cores=2), run([1.0, 3.0], 1, cores=2))["every_core"] is False
    assert quantities()["every_core"] is False


@given(st.permutations([1.0, 1.1, 1.2, 1.3, 1.4]))
def test_a_run_that_is_another_ones_in_any_order_is_seen(shuffled: list[float | None]) -> None:
    first = run([1.0, 1.1, 1.2, 1.3, 1.4])
    assert quantities(first, run(shuffled, 1))["runs_differ"] is False
    assert quantities(first, run([*shuffled[:2], 2.0, 2.1, 2.2], 1))["runs_differ"] is True
    assert quantities(first, run([*shuffled[:3], 2.0, 2.1], 1))["runs_differ"] is False


def test_one_duration_in_most_places_is_constant() -> None:
    assert quantities(run([1.0, 1.1, 1.1, 1.1, 1.1]))["samples_vary"] is False
    assert quantities(run([1.0, 1.1, 1.1, 1.2, 1.3]))["samples_vary"] is True


@pytest.mark.parametrize("change", [{"tokens": -1}, {"tokens": 1.5}, {"seconds": "1"}, {"seconds": True}])
def test_samples_of_another_type_are_refused(change: dict[str, Any]) -> None:
    broken = run([1.0, 2.0])
    broken["samples"][0].update(change)
    with pytest.raises(MeasurementError, match="raw"):
        quantities(broken)
