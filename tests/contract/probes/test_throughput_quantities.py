"""decode_throughput@1: the slowest run decides, and nothing that is not a duration counts as one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shipworthy.contract import MeasurementError, Outcome, judge, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.contract.probes.decode_throughput import median_level

PROBE = PROBES["decode_throughput@1"]
DURATIONS = st.floats(1e-3, 1e3)
RUNS = st.integers(2, 6).flatmap(
    lambda n: st.lists(st.lists(DURATIONS, min_size=n, max_size=n), min_size=1, max_size=4)
)


def run(seconds: list[float | None], number: int = 0, *, tokens: int = 128, **change: Any) -> dict[str, Any]:
    return {
        "process": f"process-{number}",
        "device": "cpu",
        "parameters_on": "cpu",
        "cache_on": "cpu",
        "dtype": "f32",
        "threads": 1,
        "samples": [{"tokens": tokens, "seconds": s} for s in seconds],
        **change,
    }


def quantities(*runs: dict[str, Any]) -> dict[str, Any]:
    return quantities_of(PROBE, {"runs": list(runs)})


def floor(found: dict[str, Any], bound: float) -> Outcome:
    return judge({"tokens_per_second": {"minimum": bound}}, found, PROBE, {}).outcome


def test_three_runs_by_hand() -> None:
    found = quantities(run([1.0, 1.28, 2.0], 0), run([0.64, 0.8, 1.6], 1), run([1.0, 1.6, 3.2], 2))
    assert found == {
        "runs": 3,
        "processes": 3,
        "iterations": 3,
        "tokens": 128,
        "device": "cpu",
        "device_proven": True,
        "dtype": "f32",
        "finite": True,
        "samples_vary": True,
        "tokens_per_second": {"low": 40.0, "high": 128.0, "level": 0.75, "n": 3, "unit": "tokens/s"},
    }


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
    assume(all(len({128 / s for s in seconds}) > 1 for seconds in durations))
    runs = [run(list(seconds), n) for n, seconds in enumerate(durations)]
    assert quantities(*runs)["samples_vary"] is True


def test_of_a_single_sample_there_is_no_interval() -> None:
    with pytest.raises(MeasurementError, match=r"level 0\.0"):
        quantities(run([1.0, 2.0]), run([1.0], 1))


def test_runs_that_disagree_are_mixed_or_zero() -> None:
    found = quantities(
        run([1.0, 2.0], device="cuda", parameters_on="cuda", cache_on="cuda"),
        run([1.0, 2.0, 3.0], 1, tokens=64, dtype="f16"),
    )
    assert (found["device"], found["dtype"]) == ("mixed", "mixed")
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


@pytest.mark.parametrize("change", [{"tokens": -1}, {"tokens": 1.5}, {"seconds": "1"}, {"seconds": True}])
def test_samples_of_another_type_are_refused(change: dict[str, Any]) -> None:
    broken = run([1.0, 2.0])
    broken["samples"][0].update(change)
    with pytest.raises(MeasurementError, match="raw"):
        quantities(broken)
