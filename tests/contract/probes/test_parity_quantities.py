"""llama_cpp_parity@2: every position of every prompt counts, and what is not a number never passes."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.contract import Catalogue, Outcome, judge, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.contract.probes.parity_quantities import FLIP_MARGIN, quantile

PROBE = PROBES["llama_cpp_parity@2"]
VALUES = st.floats(0, 1)
USED = {"decode": "batched", "kv_cache": "f32", "flash_attention": False, "threads": 2, "device": "cpu"}


def sample(number: int, kl: list[float | None], **change: Any) -> dict[str, Any]:
    return {
        "prompt": f"prompt-{number}",
        "token_ids_equal": True,
        "texts_equal": True,
        "asked": len(kl),
        "ours_in": "float32",
        "kl_nats": kl,
        "top1_probability_difference": list(kl),
        "margin": list(kl),
        "argmax": list(range(len(kl))),
        "argmax_llama_cpp": list(range(len(kl))),
        **change,
    }


def raw(samples: list[dict[str, Any]], **change: Any) -> dict[str, Any]:
    return {
        "loads": True,
        "error": None,
        "llama_cpp": {},
        "matrices": {"F32": 14},
        "used": USED,
        "samples": samples,
        **change,
    }


def quantities(samples: list[dict[str, Any]], **change: Any) -> dict[str, Any]:
    return quantities_of(PROBE, raw(samples, **change))


def good() -> list[dict[str, Any]]:
    return [sample(number, [1e-11 + 1e-15 * (64 * number + at) for at in range(64)]) for number in range(100)]


def outcome(catalogue: Catalogue, samples: list[dict[str, Any]], **change: Any) -> tuple[Outcome, set[str]]:
    falsifier = catalogue.contracts["AC-SHIP2-009"].falsifiers[0]
    judged = judge(falsifier.expect, quantities(samples, **change), PROBE, {})
    return judged.outcome, {check.quantity for check in judged.checks if check.outcome is Outcome.FAIL}


def test_two_prompts_by_hand() -> None:
    found = quantities(
        [
            sample(0, [0.25, 0.5], argmax_llama_cpp=[0, 7], top1_probability_difference=[0.0, 0.125]),
            sample(1, [0.75], token_ids_equal=False, texts_equal=False, ours_in="float64"),
        ]
    )
    assert found == {
        "loads": True,
        "export_dtype": "f32",
        "prompts": 2,
        "positions": 1,
        "compared": 3,
        "lengths_differ": 0,
        "prompts_in_float64": 1,
        "finite": True,
        "distinct_kl": 3,
        "exact_zeros": 0,
        "token_ids_differ": 1,
        "texts_differ": 1,
        "argmax_flips": 1,
        "flips_above_margin": 1,
        "largest_flip_margin": 0.5,
        "top1_probability_difference": 0.75,
        "max_kl_nats": 0.75,
        "least_kl_nats": 0.25,
        "kl_999_nats": 0.75,
        "mean_kl_nats": 0.5,
        "decode": "batched",
        "kv_cache": "f32",
        "flash_attention": False,
        "device": "cpu",
        "llama_cpp_error": "",
    }


def test_the_good_measurement_passes(catalogue: Catalogue) -> None:
    assert outcome(catalogue, good()) == (Outcome.PASS, set())


def test_a_divergence_below_zero_fails(catalogue: Catalogue) -> None:
    samples = good()
    samples[50] = sample(50, [-value for value in samples[50]["kl_nats"]])
    assert outcome(catalogue, samples) == (Outcome.FAIL, {"least_kl_nats"})


def test_a_dropped_prompt_is_counted(catalogue: Catalogue) -> None:
    samples = good()
    del samples[50]
    assert outcome(catalogue, samples) == (Outcome.FAIL, {"prompts"})


def test_a_prompt_without_positions_was_not_compared(catalogue: Catalogue) -> None:
    samples = good()
    samples[50] = sample(50, [])
    assert outcome(catalogue, samples) == (Outcome.FAIL, {"prompts"})


def test_the_shortest_prompt_says_how_many_positions(catalogue: Catalogue) -> None:
    samples = good()
    samples[50] = sample(50, samples[50]["kl_nats"][:63])
    assert outcome(catalogue, samples) == (Outcome.FAIL, {"positions"})


def test_nothing_compared_is_no_parity(catalogue: Catalogue) -> None:
    found = quantities([])
    assert (found["prompts"], found["positions"], found["compared"], found["finite"]) == (0, 0, 0, False)
    assert found["max_kl_nats"] is found["mean_kl_nats"] is found["top1_probability_difference"] is None
    assert outcome(catalogue, [])[0] is Outcome.FAIL


@pytest.mark.parametrize("bad", [None, math.nan, math.inf])
@pytest.mark.parametrize("place", ["kl_nats", "top1_probability_difference", "margin"])
def test_one_value_that_is_no_number_fails(catalogue: Catalogue, bad: float | None, place: str) -> None:
    samples = good()
    samples[99][place][63] = bad
    found, failed = outcome(catalogue, samples)
    assert found is Outcome.FAIL
    assert "finite" in failed


def test_ids_that_differ_outside_what_was_compared_are_seen(catalogue: Catalogue) -> None:
    samples = good()
    samples[3]["token_ids_equal"] = False
    assert outcome(catalogue, samples) == (Outcome.FAIL, {"token_ids_differ"})


def test_what_does_not_load_says_why(catalogue: Catalogue) -> None:
    found = quantities([], loads=False, error="missing tensor")
    assert (found["loads"], found["llama_cpp_error"]) == (False, "missing tensor")
    assert "loads" in outcome(catalogue, [], loads=False, error="missing tensor")[1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], 3.0),
        ([float(n) for n in range(999)], 998.0),
        ([float(n) for n in range(1000)], 998.0),
        ([float(n) for n in range(2000)], 1997.0),
        ([float(n) for n in range(6400)], 6393.0),
    ],
)
def test_the_quantile_is_of_the_nearest_rank(values: list[float], expected: float) -> None:
    assert quantile(values[::-1], 999) == expected
    assert sum(value <= expected for value in values) >= 0.999 * len(values)


def test_a_flip_is_as_clear_as_our_lead(catalogue: Catalogue) -> None:
    samples = good()
    samples[7]["argmax_llama_cpp"][3] += 1
    samples[7]["margin"][3] = FLIP_MARGIN
    samples[9]["argmax_llama_cpp"][0] += 1
    samples[9]["margin"][0] = 0.001
    found = quantities(samples)
    assert (found["argmax_flips"], found["flips_above_margin"]) == (2, 0)
    assert found["largest_flip_margin"] == FLIP_MARGIN
    assert outcome(catalogue, samples) == (Outcome.FAIL, {"argmax_flips"})
    samples[9]["margin"][0] = 0.0501
    assert quantities(samples)["flips_above_margin"] == 1


def test_where_nothing_flips_no_margin_is_lost_and_of_nothing_there_is_none() -> None:
    assert quantities(good())["largest_flip_margin"] == 0.0
    assert quantities([])["largest_flip_margin"] is None


def test_matrices_of_two_dtypes_are_of_no_one(catalogue: Catalogue) -> None:
    assert outcome(catalogue, good(), matrices={"F32": 13, "F16": 1}) == (Outcome.FAIL, {"export_dtype"})
    assert outcome(catalogue, good(), matrices={"F16": 14}) == (Outcome.FAIL, {"export_dtype"})
    assert quantities(good(), matrices={})["export_dtype"] == ""


@pytest.mark.parametrize("name", sorted(USED.keys() - {"threads"}))
def test_what_it_was_computed_with_must_be_said(catalogue: Catalogue, name: str) -> None:
    used = {key: value for key, value in USED.items() if key != name}
    assert outcome(catalogue, good(), used=used) == (Outcome.FAIL, {name})


@given(st.lists(st.lists(VALUES, min_size=1, max_size=5), min_size=1, max_size=5), st.data())
def test_the_largest_value_decides_wherever_it_stands(values: list[list[float]], data: st.DataObject) -> None:
    samples = [sample(number, list(kl)) for number, kl in enumerate(values)]
    found = quantities(samples)
    assert found["max_kl_nats"] == max(value for kl in values for value in kl)
    assert found["compared"] == sum(map(len, values))
    assert quantities(data.draw(st.permutations(samples))) == found
    assert found["mean_kl_nats"] <= found["kl_999_nats"] * (1 + 1e-12) <= found["max_kl_nats"] * (1 + 1e-12)
    worse = deepcopy(samples)
    data.draw(st.sampled_from(worse))["kl_nats"][0] = 2.0
    assert quantities(worse)["max_kl_nats"] == 2.0
