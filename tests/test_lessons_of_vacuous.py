"""Vacuous passes of others, each as a test on the real functions; docs/lessons.md tells the stories."""

from __future__ import annotations

import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lessons import PASSED, REFERENCE, REPOSITORY, spoilt, verdict
from shipworthy.canonical import strict_loads
from shipworthy.contract import (
    Catalogue,
    Contract,
    Outcome,
    Reason,
    RecordedOutcome,
    Verdict,
    VerdictWord,
    collect_outcomes,
    combine,
    compile_catalogue,
    compound_verdict,
    judge,
    quantities_of,
)
from shipworthy.contract.constraints import constraint_problems
from shipworthy.contract.lint import RULES, lint
from shipworthy.contract.probes import PROBES
from shipworthy.evidence import Bundle
from shipworthy.gate.dispatch import exit_code


def test_lesson_01_a_gate_that_was_skipped_is_not_run(c03: Contract) -> None:
    assert verdict(c03, {}).reasons == (Reason.NOT_RUN,)
    battery = replace(c03, falsifiers=(), all_of=("C-01", "C-03"))
    half = {"C-01": Verdict(VerdictWord.DISCHARGED, ())}
    assert compound_verdict(battery, half).reasons == (Reason.NOT_RUN,)


def test_lesson_02_nothing_compared_is_no_pass(catalogue: Catalogue) -> None:
    assert combine([]) is Outcome.ERROR
    parity = PROBES["llama_cpp_parity@2"]
    nothing = {"loads": True, "error": None, "llama_cpp": {}, "matrices": {}, "used": {}, "samples": []}
    expect = catalogue.contracts["AC-SHIP2-009"].falsifiers[0].expect
    assert judge(expect, quantities_of(parity, nothing), parity, {}).outcome is Outcome.FAIL
    no_policy = {"criteria": [], "not_written": [], "allowed_blocked": []}
    assert exit_code(Bundle(Path("none"), {"predicate": no_policy})) == 1


def test_lesson_03_no_baseline_and_not_applicable_are_blocked(c03: Contract) -> None:
    missing = RecordedOutcome(Outcome.UNMEASURABLE, Reason.MISSING_ARTIFACT)
    assert verdict(c03, {"FALSIFY-C-03": missing}).reasons == (Reason.MISSING_ARTIFACT,)
    out_of_scope = verdict(c03, {"FALSIFY-C-03": PASSED}, in_scope=False)
    assert (out_of_scope.discharged, out_of_scope.reasons) == (False, (Reason.NOT_RUN,))


def test_lesson_04_a_gate_that_sees_no_defect_of_the_subject_is_refused(catalogue: Catalogue) -> None:
    for parity in catalogue.contracts["AC-SHIP2-009"].falsifiers:
        of = [planted.of for planted in parity.planted]
        assert set(of) == {"gguf", "measurement"}
        assert of.count("gguf") >= 8
    assert "no-planted-defect" in RULES


@pytest.mark.parametrize("bound", [math.nan, math.inf, -math.inf])
def test_lesson_05_a_threshold_that_is_no_number_disarms_nothing(bound: float) -> None:
    probe = PROBES["decode_throughput@2"]
    quantity = probe.quantities["tokens_per_second"]
    assert [code for _, code, _ in constraint_problems(quantity, {"minimum": bound})] == ["bad-constraint"]
    rate = {"low": 1.0, "high": 2.0, "level": 0.9, "n": 5, "unit": "tokens/s"}
    expect = {"tokens_per_second": {"minimum": bound}}
    assert judge(expect, {"tokens_per_second": rate}, probe, {}).outcome is Outcome.ERROR


def test_lesson_05_a_negative_floor_accepts_everything_and_is_refused(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    root = tmp_path / "contracts"
    shutil.copytree(REPOSITORY / "contracts", root)
    path = root / "ac-ship2-010.yaml"
    path.write_text(path.read_text().replace("{minimum: 100}", "{minimum: -100}"))
    found = {problem.code for problem in lint([path]).problems}
    assert found & {"accepts-everything", "bound-out-of-range"}


def test_lesson_05_the_gate_expects_exactly_what_the_contract_says(catalogue: Catalogue) -> None:
    assert '"tokens_per_second": {"minimum": 100}' in compile_catalogue(catalogue)["test_ac_ship2_010.py"]


def test_lesson_06_a_check_that_is_true_whatever_it_sees_discharges_nothing(c03: Contract) -> None:
    vacuous = verdict(c03, {"FALSIFY-C-03": PASSED}, proof_valid=False)
    assert vacuous.reasons == (Reason.VACUOUS_GATE,)


def test_lesson_06_a_breach_of_a_tolerance_is_no_warning(catalogue: Catalogue) -> None:
    assert {str(word) for word in Outcome} == {"PASS", "FAIL", "INCONCLUSIVE", "UNMEASURABLE", "ERROR"}
    assert spoilt(catalogue, "slowed_down") == {"tokens_per_second"}


def test_lesson_07_a_result_that_is_lost_shifts_no_other(catalogue: Catalogue, c03: Contract) -> None:
    assert spoilt(catalogue, "sample_dropped") == {"iterations"}
    both = replace(c03, falsifiers=tuple(replace(c03.falsifiers[0], id=name) for name in ("A", "B")))
    assert verdict(both, {"A": PASSED}).reasons == (Reason.NOT_RUN,)
    twice = collect_outcomes([("A", PASSED), ("A", PASSED), ("B", PASSED)])
    assert verdict(both, twice).reasons == (Reason.ERROR,)


def test_lesson_08_a_rate_of_problems_that_were_not_run_can_never_be_expected_alone(
    catalogue: Catalogue,
) -> None:
    for name in ("AC-SHIP2-008", "AC-SHIP1-005"):
        (falsifier, *_) = catalogue.contracts[name].falsifiers
        assert falsifier.expect["problems"] == falsifier.expect["executed"] == {"const": 164}
        assert falsifier.expect["isolated"] == {"const": True}


def test_lesson_09_a_receipt_names_its_subject_by_digest() -> None:
    for path in REFERENCE.glob("*/measurements/*.json"):
        measurement = strict_loads(path.read_bytes())
        assert re.fullmatch("[0-9a-f]{64}", measurement["subject"]["sha256"])
        assert measurement["subject"]["name"] not in ("", "default")
