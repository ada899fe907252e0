"""The table says criterion, verdict, status, what was measured and what blocks it, word for word."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from shipworthy.report.markdown import markdown_table
from shipworthy.report.ship import statuses
from shipworthy.report.table import print_table, rows, summary

CHECKS = [
    {"quantity": "prompts", "outcome": "PASS", "found": 100},
    {"quantity": "loads", "outcome": "PASS", "found": True},
    {"quantity": "missing", "outcome": "PASS", "found": []},
    {"quantity": "max_kl_nats", "outcome": "FAIL", "found": 0.00607155},
    {"quantity": "names", "outcome": "FAIL", "found": ["a", "b"]},
    {
        "quantity": "tokens_per_second",
        "outcome": "FAIL",
        "found": {"low": 12.34567, "high": 20.0, "level": 0.9, "n": 5, "unit": "tokens/s"},
    },
]
DETAIL = "no tokenizer [no-tokenizer]; see [/model] and [red]this[/red] | that"


@pytest.fixture
def bundle(made: Any, entry: Any) -> Any:
    falsifier = {"falsifier": "F", "outcome": "FAIL", "reason": "falsified", "detail": DETAIL}
    return made(
        [
            entry("C-03", ["stale_contract"], stale="gates/test_c_03.py is stale"),
            entry("AC-SHIP2-005", ["vacuous_gate"], proof={"valid": False, "problem": "there is no proof"}),
            entry("AC-SHIP2-009", ["falsified"], falsifiers=[{**falsifier, "checks": CHECKS}]),
        ],
        allowed_blocked=[{"criterion": "AC-SHIP2-010", "reason": "missing_hardware"}],
        subject_name="odd [name].apr",
        unregistered=["num_layers is 3 [not 2]"],
    )


def printed(bundle: Any, width: int = 250) -> str:
    out = io.StringIO()
    print_table(bundle, statuses(bundle, []), Console(file=out, width=width))
    return out.getvalue()


def test_rows_have_verdict_and_status_apart_in_the_order_of_the_release(bundle: Any) -> None:
    found = rows(bundle, statuses(bundle, []))
    assert [(r["criterion"], r["weight"], r["verdict"], str(r["status"])) for r in found] == [
        ("C-03", 0, "BLOCKED", "BLOCKED"),
        ("AC-SHIP2-005", 30, "BLOCKED", "BLOCKED"),
        ("AC-SHIP2-009", 50, "BLOCKED", "BLOCKED"),
        ("AC-SHIP2-010", 20, "BLOCKED", "PENDING"),
    ]
    assert [r["blocked_by"] for r in found] == [
        ["stale_contract: gates/test_c_03.py is stale"],
        ["vacuous_gate: there is no proof"],
        [f"falsified: {DETAIL}"],
        ["not_run: no active contract yet"],
    ]


def test_what_was_measured_leaves_out_booleans_and_empty_lists(bundle: Any) -> None:
    measured = rows(bundle, statuses(bundle, []))[2]["measured"]
    assert measured == ("prompts 100, max_kl_nats 0.00607, names 2: a, tokens_per_second 12.35..20 tokens/s")


def test_brackets_in_what_was_found_are_text_and_no_markup(bundle: Any) -> None:
    text = printed(bundle)
    for literal in (DETAIL, "odd [name].apr", "num_layers is 3 [not 2]"):
        assert literal in text


def test_the_totals_say_demo_allowances_and_signature(bundle: Any) -> None:
    text = printed(bundle)
    assert "demo ship-% of smollm2-demo: 0 of 100" in text
    assert "allowed here, and ignored by sign-off: AC-SHIP2-010 blocked by missing_hardware" in text
    assert "signature: none" in text


def test_a_narrow_table_keeps_every_word_of_the_verdicts(bundle: Any) -> None:
    text = printed(bundle, width=100)
    assert text.count("BLOCKED") >= 4
    assert "AC-SHIP2-005" in text


def test_markdown_has_a_row_per_criterion_and_cells_that_stay_cells(bundle: Any) -> None:
    lines = markdown_table(bundle, statuses(bundle, [])).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 4
    assert {line.replace("\\|", "").count("|") for line in table} == {7}
    assert "demo ship-% of smollm2-demo: 0 of 100  " in lines


def test_the_summary_is_json_with_the_same_rows(bundle: Any) -> None:
    found = summary(bundle, statuses(bundle, []))
    assert json.loads(json.dumps(found)) == found
    assert found["criteria"] == rows(bundle, statuses(bundle, []))
    assert (found["ship_percent"], found["demo"], found["signature"]) == (0, True, "none")


def test_the_bench_of_the_recipe_stands_beside_throughput_as_information(made: Any, entry: Any) -> None:
    bench = {
        "median_tokens_per_second": 31.41,
        "device": {"type": "cpu"},
        "dtype": "f32",
        "iterations": 5,
        "max_tokens": 128,
    }
    criteria = [entry("AC-SHIP2-010", ["missing_hardware"]), entry("AC-SHIP2-009")]
    text = printed(made(criteria, information={"bench": bench}))
    assert text.count("information only: 31.4 tokens/s on cpu, f32, 5 x 128") == 1


def test_a_draft_is_pending_and_says_that_it_is_one(made: Any, entry: Any) -> None:
    bundle = made([entry("C-03")], drafts=["AC-SHIP2-009"])
    found = {row["criterion"]: row for row in rows(bundle, statuses(bundle, []))}
    draft = found["AC-SHIP2-009"]
    assert (draft["verdict"], draft["status"], draft["weight"]) == ("BLOCKED", "PENDING", 50)
    assert draft["blocked_by"] == ["not_run: a DRAFT, whose probe does not exist yet"]
    assert found["AC-SHIP2-005"]["blocked_by"] == ["not_run: no active contract yet"]
    table = markdown_table(bundle, statuses(bundle, []))
    assert "demo ship-% of smollm2-demo: 0 of 100" in table
    assert "100 of 100 are of criteria without a gate, and earn 0" in table
