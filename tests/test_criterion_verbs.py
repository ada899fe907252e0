"""The verbs `contract new` and `explain` on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def shipworthy(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shipworthy.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_draft_is_written_explained_and_free_of_problems(fixture_llama: Path, tmp_path: Path) -> None:
    done = shipworthy("contract", "new", "--from", fixture_llama, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == [
        f"wrote contracts/{name}" for name in ("models/fixture-llama.yaml", "ac-fixture-llama-001.yaml")
    ]
    assert shipworthy("lint", cwd=tmp_path).returncode == 0
    explained = shipworthy("explain", "AC-FIXTURE-LLAMA-001", "--json", cwd=tmp_path)
    found = json.loads(explained.stdout)
    assert found["state"] == "DRAFT"
    assert sum("[no-planted-defect]" in line for line in found["missing"]) == 2
    again = shipworthy("contract", "new", "--from", fixture_llama, cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1


def test_explain_of_the_register_reads_the_evidence_that_is_named() -> None:
    done = shipworthy("explain", "C-03", "--evidence", "evidence/reference", cwd=REPOSITORY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("C-03 ")
    assert "Last verdict: DISCHARGED on " in done.stdout


def test_evidence_that_is_not_there_is_not_taken_for_none() -> None:
    done = shipworthy("explain", "C-03", "--evidence", "evidence/refrence", cwd=REPOSITORY)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--evidence evidence/refrence: is no directory of evidence [no-such-evidence]" in done.stderr


def test_an_unknown_criterion_is_one_line_and_2() -> None:
    done = shipworthy("explain", "C-3", "--evidence", "evidence/reference", cwd=REPOSITORY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "shipworthy: contracts: there is no criterion 'C-3' [no-such-criterion]; did you mean 'C-03'?\n"
    )
