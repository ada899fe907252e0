"""`shipworthy ledger`: what it lists, joins and witnesses, and the code it ends with."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command import Here
from shipworthy.cli.application import EVIDENCE
from shipworthy.evidence import write_bundle
from shipworthy.evidence.ledger import LEDGER
from small_ledgers import bundle_files, record

VERBS = ("head", "merge", "witness", "check")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    record(tmp_path / "evidence", 1, 2)
    return tmp_path / "evidence"


def test_every_dispatch_is_listed(here: Here, evidence: Path) -> None:
    done = here("ledger", "--evidence", evidence)
    assert done.returncode == 0
    first, second, last = done.stdout.splitlines()
    assert first.startswith("1 ")
    assert "20260515T214436Z-000000000001 for fixture, subject 000000000001" in first
    assert second.startswith("2 ")
    assert last.startswith("2 dispatches, 0 joins; head ")


def test_what_does_not_agree_is_1(here: Here, evidence: Path) -> None:
    write_bundle(evidence, *bundle_files(3))
    shutil.rmtree(next(evidence.glob("2*-000000000001")))
    done = here("ledger", "--evidence", evidence)
    assert done.returncode == 1
    assert "bundle-gone: 20260515T214436Z-000000000001 is recorded, and is not there" in done.stdout
    assert "bundle-not-recorded: 20260515T214438Z-000000000003 lies there" in done.stdout
    found = json.loads(here("ledger", "--evidence", evidence, "--json").stdout)
    assert [f["code"] for f in found["findings"]] == ["bundle-gone", "bundle-not-recorded"]
    assert [line["number"] for line in found["lines"]] == [1, 2]


def test_no_ledger_and_an_altered_one_are_4(here: Here, evidence: Path, tmp_path: Path) -> None:
    absent = here("ledger", "--evidence", tmp_path)
    assert (absent.returncode, absent.stdout) == (4, "")
    assert "[no-ledger]" in absent.stderr
    data = (evidence / LEDGER).read_bytes()
    (evidence / LEDGER).write_bytes(data.replace(b"fixture", b"another", 1))
    altered = here("ledger", "--evidence", evidence)
    assert (altered.returncode, len(altered.stderr.splitlines())) == (4, 1)
    assert "[ledger-altered]" in altered.stderr


def test_a_fork_is_visible_after_a_merge(here: Here, evidence: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    shutil.copytree(evidence, there)
    record(evidence, 3)
    record(there, 4)
    out = tmp_path / "both" / LEDGER
    done = here("ledger", "merge", evidence, there, "-o", out)
    assert (done.returncode, "4 dispatches, 1 joins" in done.stdout) == (0, True)
    for path in [*evidence.glob("2*"), *there.glob("2*")]:
        shutil.copytree(path, out.parent / path.name, dirs_exist_ok=True)
    listed = here("ledger", "--evidence", out.parent)
    assert listed.returncode == 0
    assert listed.stdout.count("2 lines follow it: a fork") == 1
    assert listed.stdout.count("joins ") == 1
    again = here("ledger", "merge", evidence, there, "-o", out)
    assert (again.returncode, "[ledger-exists]" in again.stderr) == (2, True)


def test_a_witness_finds_a_removed_tail(
    here: Here, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Witness")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "witness@example.org")
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "git")], check=True)
    (tmp_path / "head.json").write_text(here("ledger", "head", "--evidence", evidence).stdout)
    said = [here("ledger", "witness", "--git", tmp_path / "git", "--evidence", evidence) for _ in range(2)]
    assert [("committed" in done.stdout, "already" in done.stdout) for done in said] == [
        (True, False),
        (False, True),
    ]
    argv = ["ledger", "check", tmp_path / "head.json", tmp_path / "git", "--evidence", evidence]
    done = here(*argv)
    assert (done.returncode, done.stdout) == (0, "2 witnessed heads are in this ledger of 2 lines\n")
    data = (evidence / LEDGER).read_bytes()
    (evidence / LEDGER).write_bytes(data.splitlines(keepends=True)[0])
    done = here(*argv)
    assert done.returncode == 1
    assert done.stdout.count("not in this ledger: line 2") == 2


def test_without_a_witness_nothing_was_checked(here: Here, evidence: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "git")], check=True)
    done = here("ledger", "check", tmp_path / "git", "--evidence", evidence)
    said = done.stdout.splitlines()
    assert (done.returncode, said[1:]) == (1, ["0 witnessed heads are in this ledger of 2 lines"])
    assert said[0].startswith("no head of a ledger: ")
    (tmp_path / "empty.json").write_text(
        '{"schema": "shipworthy/ledger-head/1", "number": 0, "head": "' + "0" * 64 + '"}'
    )
    (tmp_path / "head.json").write_text(here("ledger", "head", "--evidence", evidence).stdout)
    for other in ("git", "empty.json"):
        done = here("ledger", "check", tmp_path / "head.json", tmp_path / other, "--evidence", evidence)
        assert (done.returncode, done.stdout.count("no head of a ledger")) == (1, 1)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(here: Here, verb: str) -> None:
    done = here("ledger", verb, "--help")
    assert done.returncode == 0
    assert f"Example: shipworthy ledger {verb}" in " ".join(done.stdout.split())


def test_the_commands_of_the_threat_model_run(evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/security.md shows them, in a git work tree with evidence where it is kept by default."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Witness")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "witness@example.org")
    monkeypatch.chdir(evidence.parent)
    subprocess.run(["git", "init", "--quiet"], check=True)
    evidence.rename(evidence.parent / "kept")
    Path(".shipworthy").mkdir()
    Path("kept").rename(EVIDENCE)
    text = (Path(__file__).parents[1] / "docs" / "security.md").read_text()
    shown = [line.split("#")[0] for line in text.splitlines() if line.startswith("shipworthy ")]
    assert len(shown) == 3
    python = shlex.join([sys.executable, "-m", "shipworthy.cli"])
    lines = ["set -e", *(line.replace("shipworthy", python, 1) for line in shown)]
    done = subprocess.run(["sh", "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 witnessed heads are in this ledger of 2 lines" in done.stdout
    assert "committed to ." in done.stdout
