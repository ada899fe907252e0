"""`shipworthy audit`: exit codes, what people and programs see, and directories that are none."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from command import Here
from shipworthy.evidence.audit import RULES, SCHEMA

REPOSITORY = Path(__file__).parents[2]
RECEIPTS = REPOSITORY / "tests" / "data" / "ship-two-section-82"
KEYS = ["schema", "read", "not_read", "release", "findings", "criteria", "counts"]


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)


def test_findings_are_1_and_grouped_by_file_before_the_criteria(here: Here) -> None:
    done = here("audit", RECEIPTS)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    headings = [line for line in lines if not line.startswith(" ")]
    assert headings == [
        "bench-epoch-020.json (apr-bench)",
        "findings.json (summary)",
        "llamacli-load-failure-p0h.log (load-log)",
        "llamacli-load-failure.log (load-log)",
        "qa-epoch-020.json (apr-qa)",
        "loss-trajectory.tsv (loss-trajectory): no finding",
        "criteria, as model-2 asks for them",
        "not read: README.md: has no shape that is known",
        "73 findings in 6 receipts; not read: 1",
    ]
    assert "  AC-SHIP2-009: BLOCKED by unregistered, falsified, not_run" in done.stdout


def test_the_document_for_programs_keeps_its_form(here: Here) -> None:
    done = here("audit", RECEIPTS, "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert list(document) == KEYS
    assert document["schema"] == SCHEMA
    for finding in document["findings"]:
        assert list(finding) == ["code", "file", "place", "claimed", "found", "what", "why"]
        assert finding["why"] == RULES[finding["code"]].why
    for row in document["criteria"]:
        assert list(row) == ["criterion", "title", "claimed", "credited", "verdict", "reasons"]
    assert sum(document["counts"].values()) == len(document["findings"])


def test_a_directory_in_which_nothing_is_read_is_4(here: Here, tmp_path: Path) -> None:
    done = here("audit", tmp_path)
    assert done.returncode == 4
    assert "holds no receipt that is read" in done.stderr
    (tmp_path / "notes.txt").write_text("it went well\n")
    (tmp_path / "broken.json").write_text("loading...\n{}")
    done = here("audit", tmp_path, "--json")
    assert done.returncode == 4
    document = json.loads(done.stdout)
    assert document["counts"] == {"not-strict-json": 1}
    assert [left["file"] for left in document["not_read"]] == ["notes.txt"]


def test_what_is_no_directory_is_refused(here: Here, tmp_path: Path) -> None:
    done = here("audit", tmp_path / "absent")
    assert (done.returncode, done.stdout) == (4, "")
    file = tmp_path / "file"
    file.write_text("{}")
    done = here("audit", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert "[not-a-directory]" in done.stderr


def test_a_release_can_be_named(here: Here, tmp_path: Path) -> None:
    shutil.copy(RECEIPTS / "qa-epoch-020.json", tmp_path)
    unnamed = json.loads(here("audit", tmp_path, "--json").stdout)
    assert unnamed["release"] is None
    assert "bound-looser" not in unnamed["counts"]
    named = json.loads(here("audit", tmp_path, "--release", "model-2", "--json").stdout)
    assert (named["release"], named["counts"]["bound-looser"]) == ("model-2", 1)
    done = here("audit", tmp_path, "--release", "model-9")
    assert done.returncode == 2
    assert "there is no release 'model-9'" in done.stderr


def test_what_a_file_says_and_is_called_does_not_reach_the_terminal(here: Here, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\x1b[2J.json")).write_text("{")
    claim = {"AC-SHIP2-010": "DISCHARGED \x1b[31m\u202e", "C-03": "DISCHARGED"}
    (tmp_path / "summary.json").write_text(json.dumps(claim))
    done = here("audit", tmp_path)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert json.loads(here("audit", tmp_path, "--json").stdout)["counts"]["not-strict-json"] == 1
