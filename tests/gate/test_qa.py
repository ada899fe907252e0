"""The qa battery: every gate by name, run once; nothing absent passes."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

import pytest

from command import run_here
from shipworthy.errors import UsageError
from shipworthy.gate.qa import run_battery
from trial_workspace import BATTERY, Workspace


@pytest.fixture
def battery(quick: Workspace) -> Workspace:
    (quick.contracts / "c-09.yaml").write_text(BATTERY)
    quick.falsify("C-09")
    return quick


def test_every_gate_is_there_by_name_and_once(battery: Workspace, fixture_llama: Path) -> None:
    seen: list[str] = []
    with chdir(battery.root):
        rows = run_battery(fixture_llama, "C-09", progress=lambda row, number, count: seen.append(row.name))
    assert [row.name for row in rows] == seen == ["FALSIFY-C-09", "C-01", "C-02"]
    assert [(row.found, row.cited, row.passed) for row in rows] == [
        ("PASS", False, True),
        ("DISCHARGED", True, True),
        ("DISCHARGED", True, True),
    ]


def test_a_criterion_without_a_proof_is_no_pass(battery: Workspace, fixture_llama: Path) -> None:
    (battery.contracts / "proofs" / "C-02.json").unlink()
    with chdir(battery.root):
        rows = run_battery(fixture_llama, "C-09")
    assert [(row.name, row.reasons) for row in rows if not row.passed] == [("C-02", ("vacuous_gate",))]


def test_a_draft_that_is_cited_has_not_run(battery: Workspace, fixture_llama: Path) -> None:
    cited = battery.contracts / "c-02.yaml"
    cited.write_text(cited.read_text().replace("state: ACTIVE", "state: DRAFT"))
    with chdir(battery.root):
        rows = run_battery(fixture_llama, "C-09")
    assert [(row.name, row.found, row.reasons) for row in rows if not row.passed] == [
        ("C-02", "BLOCKED", ("not_run",))
    ]


def test_what_is_no_battery_is_refused(battery: Workspace, fixture_llama: Path) -> None:
    with chdir(battery.root), pytest.raises(UsageError, match="there is no active battery 'C-01'"):
        run_battery(fixture_llama, "C-01")


def test_the_verb_takes_its_code_from_the_gates(
    battery: Workspace,
    fixture_llama: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with chdir(battery.root):
        good = run_here(monkeypatch, capsys, "qa", fixture_llama, "--battery", "C-09", "--json")
        (battery.contracts / "proofs" / "C-01.json").unlink()
        bad = run_here(monkeypatch, capsys, "qa", fixture_llama, "--battery", "C-09")
    found = json.loads(good.stdout)
    assert (good.returncode, found["passed"], found["of"]) == (0, 3, 3)
    assert bad.returncode == 1
    assert "C-09: 2 of 3 gates pass" in bad.stdout
    assert "BLOCKED by vacuous_gate" in bad.stdout
