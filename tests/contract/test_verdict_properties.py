"""What holds of every verdict, from raw samples to the last word: nothing made worse ever looks better.

The functions are those that a dispatch calls (summarize, judge, verdict_of), the contracts are the
register's, and the good samples are those of the reference bundle, were recorded, or are drawn.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.canonical import strict_loads
from shipworthy.contract import (
    Contract,
    MeasurementError,
    Outcome,
    Reason,
    RecordedOutcome,
    Verdict,
    VerdictWord,
    collect_outcomes,
    compound_verdict,
    criterion_hash,
    judge,
    load_catalogue,
    quantities_of,
    verdict_of,
)
from shipworthy.contract.constraints import BOUNDS
from shipworthy.contract.probes import PROBES

REPOSITORY = Path(__file__).parents[2]
CATALOGUE = load_catalogue(REPOSITORY / "contracts")
REGISTERED = CATALOGUE.registrations["smollm2-135m"].facts()
MEASURED = {
    path.stem: path
    for path in sorted((REPOSITORY / "evidence/reference").glob("*/measurements/*.json"))
    # A measurement can satisfy no criterion but the one that it was made for.
    if (document := strict_loads(path.read_bytes()))["criterion"]
    == criterion_hash(CATALOGUE.contracts[document["contract"]], CATALOGUE)
}
MEASURED["FALSIFY-SHIP-019"] = CATALOGUE.data["fixture-parity"].path
RECORDED = strict_loads(MEASURED["FALSIFY-SHIP-019"].read_bytes())["raw"]
THROUGHPUT = CATALOGUE.contracts["AC-SHIP2-010"]
PARITY = CATALOGUE.contracts["AC-SHIP2-009"]
NOT_FINITE = [math.nan, math.inf, -math.inf, None]

Expect = Mapping[str, Mapping[str, Any]]


@cache
def stored(falsifier_id: str) -> Any:
    return strict_loads(MEASURED[falsifier_id].read_bytes())


def good(falsifier_id: str) -> dict[str, Any]:
    """Real raw samples, cut to what the test may change, and copied."""
    return copy.deepcopy(stored(falsifier_id)["raw"])


@cache
def derived(falsifier_id: str) -> dict[str, Any]:
    """The quantities of the reference bundle, derived again."""
    probe = PROBES[owner(falsifier_id).falsifiers[0].probe]
    return quantities_of(probe, stored(falsifier_id)["raw"])


def owner(falsifier_id: str) -> Contract:
    """The contract with this falsifier and no other."""
    [(whole, falsifier)] = [
        (contract, one)
        for contract in CATALOGUE.contracts.values()
        for one in contract.falsifiers
        if one.id == falsifier_id
    ]
    return replace(whole, falsifiers=(falsifier,))


def only(contract: Contract, expect: Expect) -> Contract:
    """The contract with another expectation of its first falsifier, and no other falsifier."""
    return replace(contract, falsifiers=(replace(contract.falsifiers[0], expect=expect),))


def verdict(contract: Contract, raw: Mapping[str, Any]) -> Verdict:
    """From raw samples of the first falsifier to the verdict, as a dispatch comes to it."""
    [falsifier] = contract.falsifiers
    probe = PROBES[falsifier.probe]
    try:
        quantities = quantities_of(probe, raw)
    except MeasurementError:
        record = RecordedOutcome(Outcome.ERROR)
    else:
        judgement = judge(falsifier.expect, quantities, probe, REGISTERED)
        record = RecordedOutcome(judgement.outcome, failed=judgement.failed)
    return verdict_of(contract, {falsifier.id: record}, proof_valid=True)


# Throughput with counts that may grow, so that one more sample is not wrong for being one more.
GROWING = only(
    THROUGHPUT,
    {
        **THROUGHPUT.falsifiers[0].expect,
        **{name: {"minimum": 1} for name in ("runs", "processes", "iterations", "tokens")},
    },
)
FLOOR = THROUGHPUT.falsifiers[0].expect["tokens_per_second"]["minimum"]


def run(process: int, seconds: list[Any]) -> dict[str, Any]:
    samples = [{"tokens": 128, "seconds": value} for value in seconds]
    places = dict.fromkeys(("device", "parameters_on", "cache_on"), "cuda")
    return {"process": str(process), **places, "dtype": "f32", "threads": 1, "samples": samples}


durations = st.floats(0.2, 3.0)  # 640 to 43 tokens a second: on both sides of the floor
throughputs = st.integers(2, 5).flatmap(
    lambda n: st.lists(st.lists(durations, min_size=n, max_size=n), min_size=1, max_size=3).map(
        lambda runs: {"runs": [run(index, seconds) for index, seconds in enumerate(runs)]}
    )
)


def parity(kl: list[list[Any]]) -> dict[str, Any]:
    return {
        **RECORDED,
        "samples": [
            {
                **RECORDED["samples"][0],
                "prompt": f"prompt-{number}",
                "asked": len(values),
                "kl_nats": values,
                "top1_probability_difference": [0.0] * len(values),
                "argmax": [1] * len(values),
                "argmax_llama_cpp": [1] * len(values),
            }
            for number, values in enumerate(kl)
        ],
    }


COMPARED = ("kl_nats", "top1_probability_difference", "margin", "argmax", "argmax_llama_cpp")
FIRST_PROMPTS = {
    **RECORDED,
    "samples": [
        {**sample, "asked": 8, **{key: sample[key][:8] for key in COMPARED}}
        for sample in RECORDED["samples"][:3]
    ],
}
divergences = st.floats(-1e-12, 3e-8)
parities = st.lists(st.lists(divergences, min_size=1, max_size=4), min_size=1, max_size=4).map(parity)
AT_LEAST_ONE = {key: {"minimum": 1} for key in ("prompts", "positions", "distinct_kl")}
FEW = only(PARITY, {**PARITY.falsifiers[0].expect, **AT_LEAST_ONE})


def tightened(expect: Expect, steps: list[float]) -> dict[str, dict[str, Any]]:
    """Every bound that is a number moved inwards; what is no bound stays."""
    sign = {"minimum": 1, "exclusiveMinimum": 1, "maximum": -1, "exclusiveMaximum": -1, "maxItems": 0}
    moved = iter(steps)
    return {
        name: {
            key: value + sign[key] * next(moved) * max(abs(value), 1e-9)
            if key in BOUNDS and isinstance(value, int | float)
            else value
            for key, value in constraint.items()
        }
        for name, constraint in expect.items()
    }


steps = st.lists(st.floats(0, 2), min_size=40, max_size=40)


@pytest.mark.parametrize(("contract", "raws"), [(GROWING, throughputs), (FEW, parities)])
@given(data=st.data(), step=steps)
def test_tightening_a_bound_never_turns_blocked_into_discharged(
    contract: Contract, raws: st.SearchStrategy[Any], data: st.DataObject, step: list[float]
) -> None:
    raw = data.draw(raws)
    tighter = only(contract, tightened(contract.falsifiers[0].expect, step))
    if verdict(tighter, raw).discharged:
        assert verdict(contract, raw).discharged


@pytest.mark.parametrize("falsifier_id", sorted(MEASURED))
@given(step=steps)
def test_tightening_a_bound_of_the_register_never_passes_more(falsifier_id: str, step: list[float]) -> None:
    falsifier = owner(falsifier_id).falsifiers[0]
    probe, found = PROBES[falsifier.probe], derived(falsifier_id)
    tighter = judge(tightened(falsifier.expect, step), found, probe, REGISTERED)
    if tighter.outcome is Outcome.PASS:
        assert judge(falsifier.expect, found, probe, REGISTERED).outcome is Outcome.PASS


@given(throughputs, st.floats(1.0001, 50), st.data())
def test_a_slow_sample_more_never_helps(raw: dict[str, Any], factor: float, data: st.DataObject) -> None:
    failing = {"tokens": 128, "seconds": 128 / FLOOR * factor}
    worse = copy.deepcopy(raw)
    for index, found in enumerate(worse["runs"]):
        # In one run or in all of them: every run must have as many.
        if data.draw(st.booleans()) or index == 0:
            found["samples"].append(failing)
    assert not verdict(GROWING, worse).discharged


@given(throughputs, st.floats(1.0001, 50))
def test_a_slow_run_more_never_helps(raw: dict[str, Any], factor: float) -> None:
    count = len(raw["runs"][0]["samples"])
    slow = run(99, [128 / FLOOR * factor * (1 + index / 10) for index in range(count)])
    assert not verdict(GROWING, {"runs": [*raw["runs"], slow]}).discharged


@given(parities, st.floats(1.0001e-8, 30.0), st.data())
def test_a_prompt_that_diverges_never_helps(raw: dict[str, Any], kl: float, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw["samples"])))
    samples = list(raw["samples"])
    samples.insert(at, parity([[kl]])["samples"][0])
    assert not verdict(FEW, {**raw, "samples": samples}).discharged


@given(throughputs, st.sampled_from(NOT_FINITE), st.data())
def test_nan_never_passes_among_samples(raw: dict[str, Any], value: Any, data: st.DataObject) -> None:
    samples = data.draw(st.sampled_from(raw["runs"]))["samples"]
    data.draw(st.sampled_from(samples))["seconds"] = value
    assert not verdict(GROWING, raw).discharged


@given(st.sampled_from(["kl_nats", "top1_probability_difference"]), st.sampled_from(NOT_FINITE), st.data())
def test_nan_never_passes_among_recorded_samples(key: str, value: Any, data: st.DataObject) -> None:
    raw = FIRST_PROMPTS
    at = data.draw(st.integers(0, len(raw["samples"]) - 1))
    values = list(raw["samples"][at][key])
    values[data.draw(st.integers(0, len(values) - 1))] = value
    samples = [*raw["samples"][:at], {**raw["samples"][at], key: values}, *raw["samples"][at + 1 :]]
    assert verdict(FEW, raw).discharged
    assert not verdict(FEW, {**raw, "samples": samples}).discharged


records = st.builds(
    RecordedOutcome,
    outcome=st.sampled_from(list(Outcome)),
    reason=st.none() | st.sampled_from([Reason.MISSING_HARDWARE, Reason.HOST_MISMATCH]),
    conditional=st.booleans(),
    measured=st.integers(0, 2),
)


@given(st.dictionaries(st.sampled_from("ABCD"), records), st.data())
def test_the_order_of_gates_is_irrelevant(found: dict[str, RecordedOutcome], data: st.DataObject) -> None:
    falsifiers = [replace(THROUGHPUT.falsifiers[0], id=name) for name in "ABC"]
    before = verdict_of(replace(THROUGHPUT, falsifiers=tuple(falsifiers)), found, proof_valid=True)
    shuffled = data.draw(st.permutations(falsifiers))
    later = dict(data.draw(st.permutations(list(found.items()))))
    assert verdict_of(replace(THROUGHPUT, falsifiers=tuple(shuffled)), later, proof_valid=True) == before


@given(st.lists(st.tuples(st.sampled_from("ABC"), records), max_size=6), st.data())
def test_the_order_in_which_records_arrive_is_irrelevant(
    found: list[tuple[str, RecordedOutcome]], data: st.DataObject
) -> None:
    falsifiers = tuple(replace(THROUGHPUT.falsifiers[0], id=name) for name in "ABC")
    contract = replace(THROUGHPUT, falsifiers=falsifiers)
    shuffled = data.draw(st.permutations(found))
    before = verdict_of(contract, collect_outcomes(found), proof_valid=True)
    after = verdict_of(contract, collect_outcomes(shuffled), proof_valid=True)
    assert after.verdict is before.verdict
    if len({name for name, _ in found}) < len(found):
        assert Reason.ERROR in before.reasons
        assert Reason.ERROR in after.reasons


verdicts = st.builds(
    lambda reasons: Verdict(
        VerdictWord.BLOCKED if reasons else VerdictWord.DISCHARGED, tuple(r for r in Reason if r in reasons)
    ),
    st.sets(st.sampled_from(list(Reason)), max_size=2),
)


@given(st.dictionaries(st.sampled_from(["C-01", "C-02", "C-03"]), verdicts), st.data())
def test_the_order_of_members_is_irrelevant_to_a_compound(
    found: dict[str, Verdict], data: st.DataObject
) -> None:
    compound = replace(THROUGHPUT, falsifiers=(), all_of=("C-01", "C-02", "C-03"))
    before = compound_verdict(compound, found)
    shuffled = replace(compound, all_of=tuple(data.draw(st.permutations(compound.all_of))))
    later = dict(data.draw(st.permutations(list(found.items()))))
    assert compound_verdict(shuffled, later) == before
    assert before.discharged == (len(found) == 3 and all(v.discharged for v in found.values()))


@pytest.mark.parametrize("falsifier_id", sorted(MEASURED))
def test_the_reference_samples_are_discharged_before_anything_is_taken_away(falsifier_id: str) -> None:
    assert verdict(owner(falsifier_id), stored(falsifier_id)["raw"]).discharged


def test_an_empty_set_of_falsifiers_is_blocked() -> None:
    assert verdict_of(replace(THROUGHPUT, falsifiers=()), {}, proof_valid=True).reasons == (Reason.ERROR,)
    assert not compound_verdict(replace(THROUGHPUT, falsifiers=(), all_of=()), {}).discharged


EMPTIED = {
    "no prompt": ("FALSIFY-SHIP-019", "samples", []),
    "no text": ("FALSIFY-SHIP-015", "tokenizer", {"tokens": 49152, "special_ids": {}, "texts": []}),
    "no tensor": ("FALSIFY-SHIP-015", "tensors", {}),
    "no shape": ("FALSIFY-C-03", "shapes", {}),
    "no field": ("FALSIFY-C-03", "requested", []),
    "no metadata": ("FALSIFY-C-03", "metadata", {}),
}


@pytest.mark.parametrize("case", EMPTIED)
def test_an_empty_set_is_blocked(case: str) -> None:
    falsifier_id, key, nothing = EMPTIED[case]
    raw = good(falsifier_id)
    assert raw[key]
    assert not verdict(owner(falsifier_id), {**raw, key: nothing}).discharged


@given(st.integers(0, 3))
def test_an_empty_set_of_runs_or_samples_is_blocked(count: int) -> None:
    assert not verdict(GROWING, {"runs": [run(index, []) for index in range(count)]}).discharged


@given(parities, st.data())
def test_prompts_without_a_position_are_blocked(raw: dict[str, Any], data: st.DataObject) -> None:
    for sample in raw["samples"]:
        sample.update({key: [] for key in COMPARED})
    assert not verdict(FEW, raw).discharged
