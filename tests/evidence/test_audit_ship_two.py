"""The receipts of a real release attempt: every finding, checked by hand against the raw files, no other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from shipworthy.contract import Catalogue
from shipworthy.evidence.audit import Audit, audit

RECEIPTS = Path(__file__).parents[1] / "data" / "ship-two-section-82"
BENCH, QA, SUMMARY = "bench-epoch-020.json", "qa-epoch-020.json", "findings.json"
FIRST_LOG, SECOND_LOG = "llamacli-load-failure.log", "llamacli-load-failure-p0h.log"
CRITERIA, TRIO = "/ac_ship2_movement", "/p0_trio_results"
CHECKPOINT = "/mnt/nvme-raid0/runs/model-2-p2a-5000steps-20260515-205805/ckpt/epoch-020.apr"

EXPECTED = [
    ("device-not-stated", BENCH, ""),
    ("other-parameters", BENCH, ""),
    ("samples-not-kept", BENCH, ""),
    ("other-parameters", BENCH, "/iterations"),
    ("percentile-without-information", BENCH, "/latency_p95_ms"),
    ("percentile-without-information", BENCH, "/latency_p99_ms"),
    ("no-digest", BENCH, "/model"),
    ("bound-not-stated", BENCH, "/passed"),
    ("first-token-not-measured", BENCH, "/time_to_first_token_ms"),
    ("other-parameters", BENCH, "/total_tokens"),
    ("sources-not-named", SUMMARY, ""),
    ("unknown-criterion", SUMMARY, "/ac_ship2_movement/AC-SHIP2-003_strict"),
    ("failure-explained-away", SUMMARY, "/ac_ship2_movement/AC-SHIP2-006"),
    ("not-proven", SUMMARY, "/ac_ship2_movement/AC-SHIP2-006"),
    ("origin-contradicted", SUMMARY, "/ac_ship2_movement/AC-SHIP2-006"),
    ("another-criterion", SUMMARY, "/ac_ship2_movement/AC-SHIP2-009"),
    ("not-proven", SUMMARY, "/ac_ship2_movement/AC-SHIP2-009"),
    ("origin-contradicted", SUMMARY, "/ac_ship2_movement/AC-SHIP2-009"),
    ("another-criterion", SUMMARY, "/ac_ship2_movement/AC-SHIP2-010"),
    ("no-digest", SUMMARY, "/dispatch/dataset"),
    ("no-digest", SUMMARY, "/dispatch/init"),
    ("figure-unsupported", SUMMARY, "/dispatch/num_steps_recorded"),
    ("no-digest", SUMMARY, "/dispatch/run_dir"),
    ("estimate-not-measured", SUMMARY, "/dispatch/wall_minutes_estimate"),
    ("percentage-not-derived", SUMMARY, "/ev_recompute/ship_pct_after_estimate"),
    ("percentage-not-derived", SUMMARY, "/ev_recompute/ship_pct_before"),
    ("failure-explained-away", SUMMARY, "/p0_trio_results/p0_a_apr_qa/fail_reason"),
    ("origin-contradicted", SUMMARY, "/p0_trio_results/p0_a_apr_qa/fail_reason"),
    ("figure-unsupported", SUMMARY, "/p0_trio_results/p0_a_apr_qa/infra_note"),
    ("figure-unsupported", SUMMARY, "/p0_trio_results/p0_a_apr_qa/infra_note"),
    ("not-proven", SUMMARY, "/p0_trio_results/p0_a_apr_qa/infra_note"),
    ("status-contradicts-gates", SUMMARY, "/p0_trio_results/p0_a_apr_qa/status"),
    ("not-proven", SUMMARY, "/p0_trio_results/p0_b_apr_bench/infra_note"),
    ("not-proven", SUMMARY, "/p0_trio_results/p0_b_apr_bench/infra_note"),
    ("figure-not-in-raw", SUMMARY, "/p0_trio_results/p0_b_apr_bench/p50_ms"),
    ("figure-not-in-raw", SUMMARY, "/p0_trio_results/p0_b_apr_bench/p95_ms"),
    ("percentile-without-information", SUMMARY, "/p0_trio_results/p0_b_apr_bench/p95_ms"),
    ("figure-not-in-raw", SUMMARY, "/p0_trio_results/p0_b_apr_bench/tokens_per_second"),
    ("figure-unsupported", SUMMARY, "/p0_trio_results/p0_c_apr_export/exported_size_gib"),
    ("size-unexplained", SUMMARY, "/p0_trio_results/p0_c_apr_export/exported_size_gib"),
    ("label-contradicted", SUMMARY, "/p0_trio_results/p0_c_apr_export/infra_note"),
    ("not-proven", SUMMARY, "/p0_trio_results/p0_c_apr_export/infra_note"),
    ("title-contradicted", SUMMARY, "/title"),
    ("initial-loss-after-training", SUMMARY, "/training_outcome/initial_val_loss_epoch_0"),
    ("bound-looser", SUMMARY, "/training_outcome/thresholds_check/ceiling_break_lt_5_36"),
    ("two-bars", SUMMARY, "/training_outcome/thresholds_check/ceiling_break_lt_5_36"),
    ("bound-looser", SUMMARY, "/training_outcome/thresholds_check/incremental_ship_pct_bump"),
    ("not-the-registered-model", SECOND_LOG, "line 4"),
    ("refusal-left-out", SECOND_LOG, "line 4"),
    ("refusals-in-a-wave", SECOND_LOG, "line 4"),
    ("no-digest", SECOND_LOG, "line 9"),
    ("option-refused", FIRST_LOG, "line 3"),
    ("not-the-registered-model", FIRST_LOG, "line 6"),
    ("not-the-registered-model", FIRST_LOG, "line 6"),
    ("no-digest", FIRST_LOG, "line 11"),
    ("not-applicable-but-passed", QA, "/gates/0/passed"),
    ("not-the-registered-model", QA, "/gates/1/message"),
    ("bound-asks-nothing", QA, "/gates/1/threshold"),
    ("label-contradicted", QA, "/gates/2/message"),
    ("not-the-registered-model", QA, "/gates/2/message"),
    ("not-the-registered-model", QA, "/gates/2/message"),
    ("bound-asks-nothing", QA, "/gates/2/threshold"),
    ("skipped-but-passed", QA, "/gates/3/passed"),
    ("gate-failed", QA, "/gates/4"),
    ("bound-looser", QA, "/gates/5/threshold"),
    ("figures-disagree", QA, "/gates/5/value"),
    ("skipped-but-passed", QA, "/gates/6/passed"),
    ("skipped-but-passed", QA, "/gates/7/passed"),
    ("skipped-but-passed", QA, "/gates/8/passed"),
    ("skipped-but-passed", QA, "/gates/9/passed"),
    ("skipped-but-passed", QA, "/gates/10/passed"),
    ("passed-without-baseline", QA, "/gates/11/passed"),
    ("no-digest", QA, "/model"),
]
"""Code, file and place. One code twice at one place: two figures, or two claims, of one text."""


@pytest.fixture(scope="module")
def found(catalogue: Catalogue) -> Audit:
    return audit(RECEIPTS, catalogue)


def test_every_finding_and_no_other(found: Audit) -> None:
    places = [(finding.code, finding.file, finding.place) for finding in found.findings]
    assert Counter(places) == Counter(EXPECTED)


def test_what_is_read_and_what_is_not(found: Audit) -> None:
    assert [(receipt.file, receipt.kind) for receipt in found.receipts] == [
        (BENCH, "apr-bench"),
        (SUMMARY, "summary"),
        (SECOND_LOG, "load-log"),
        (FIRST_LOG, "load-log"),
        ("loss-trajectory.tsv", "loss-trajectory"),
        (QA, "apr-qa"),
    ]
    assert [left.file for left in found.not_read] == ["README.md"]
    assert found.release == "model-2"


def one(found: Audit, code: str, file: str, place: str) -> dict[str, object]:
    (finding,) = (f for f in found.findings if (f.code, f.file, f.place) == (code, file, place))
    return finding.to_json()


@pytest.mark.parametrize(
    ("code", "file", "place", "claimed", "was"),
    [
        ("figure-not-in-raw", SUMMARY, f"{TRIO}/p0_b_apr_bench/tokens_per_second", 325.1, 325.2),
        ("figure-not-in-raw", SUMMARY, f"{TRIO}/p0_b_apr_bench/p50_ms", 196.78, 196.75400000000002),
        ("figure-not-in-raw", SUMMARY, f"{TRIO}/p0_b_apr_bench/p95_ms", 197.08, 196.918),
        ("other-parameters", BENCH, "/iterations", 3, 5),
        ("other-parameters", BENCH, "/total_tokens", 64, 128),
        ("other-parameters", BENCH, "", 1, 3),
        ("no-digest", BENCH, "/model", CHECKPOINT, None),
        ("skipped-but-passed", QA, "/gates/10/passed", True, "skipped"),
        ("bound-looser", QA, "/gates/5/threshold", 1, 100),
        ("bound-not-stated", BENCH, "/passed", True, None),
        ("percentile-without-information", BENCH, "/latency_p99_ms", 196.918, 3),
        ("figures-disagree", QA, "/gates/5/value", 25.269545104756084, 325.2),
        ("label-contradicted", QA, "/gates/2/message", "LlamaForCausalLM", "qwen2"),
        ("another-criterion", SUMMARY, f"{CRITERIA}/AC-SHIP2-009", "AC-SHIP2-009", "AC-SHIP2-010"),
        ("another-criterion", SUMMARY, f"{CRITERIA}/AC-SHIP2-010", "AC-SHIP2-010", "AC-SHIP2-009"),
        # 2.35 x 2^30 / 4; 494 million parameters and 151,936 x 896 of the embedding again are 630 million.
        ("size-unexplained", SUMMARY, f"{TRIO}/p0_c_apr_export/exported_size_gib", 2.35, 630823321),
        ("initial-loss-after-training", SUMMARY, "/training_outcome/initial_val_loss_epoch_0", 0, 1638400),
        ("figure-unsupported", SUMMARY, "/dispatch/num_steps_recorded", 2700, None),
        ("title-contradicted", SUMMARY, "/title", 5000, 2700),
        ("two-bars", SUMMARY, "/training_outcome/thresholds_check/ceiling_break_lt_5_36", 5.36, 9.38),
        ("percentage-not-derived", SUMMARY, "/ev_recompute/ship_pct_after_estimate", 79, 0),
    ],
)
def test_what_was_claimed_and_what_is(
    found: Audit, code: str, file: str, place: str, claimed: object, was: object
) -> None:
    finding = one(found, code, file, place)
    assert (finding["claimed"], finding["found"]) == (claimed, was)


def test_what_was_tried_is_not_the_registered_model(found: Audit) -> None:
    pairs = {(f.claimed, f.found) for f in found.findings if f.code == "not-the-registered-model"}
    assert pairs == {(896, 1024), (151936, 50257), (291, 219), (1_000_000, 10_000), (32768, 4096)}


def test_the_derived_finding_says_that_it_is_derived(found: Audit) -> None:
    what = str(one(found, "size-unexplained", SUMMARY, f"{TRIO}/p0_c_apr_export/exported_size_gib")["what"])
    assert "2.35 GiB in 291 tensors, read as F32, are 631 million parameters (derived" in what
    assert "366.3 to 373.7 million" in what


def test_the_two_refusals_are_a_wave(found: Audit) -> None:
    wave = one(found, "refusals-in-a-wave", SECOND_LOG, "line 4")
    assert str(wave["claimed"]).startswith("tensor 'token_embd.weight' has wrong shape; expected 896, 151643")
    assert wave["found"] == "wrong number of tensors; expected 291, got 219"


def test_every_claimed_criterion_is_blocked_with_its_reasons(found: Audit) -> None:
    blocked = {
        row.criterion: (row.credited, list(dict.fromkeys(str(reason) for reason, _ in row.reasons)))
        for row in found.criteria
        if row.verdict == "BLOCKED"
    }
    assert blocked == {
        "AC-SHIP2-003": (False, ["unregistered", "falsified", "not_run"]),
        "AC-SHIP2-006": (True, ["unregistered", "falsified", "missing_artifact", "not_run"]),
        "AC-SHIP2-009": (True, ["unregistered", "falsified", "not_run"]),
        "AC-SHIP2-010": (False, ["cannot_rederive", "unregistered", "not_run"]),
        "C-03": (True, ["unregistered", "not_run"]),
        "P0-D": (True, ["unregistered", "not_run"]),
        "P0-E": (True, ["unregistered", "not_run"]),
        "P0-F": (True, ["unregistered", "not_run"]),
        "P0-G": (False, ["unregistered", "falsified"]),
    }
    assert len(found.criteria) == len(blocked)
