"""`shipworthy lint`: what it prints, how it ends, and what the evidence says of a bar that moved."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from shipworthy.cli import app
from shipworthy.contract import Catalogue, criterion_hash, load_catalogue
from shipworthy.contract.lint import RULES, markdown
from shipworthy.contract.schemas import schema_text
from shipworthy.errors import UsageError
from shipworthy.evidence import json_bytes, write_bundle
from shipworthy.report.ratchet import past_results

REPOSITORY = Path(__file__).parents[1]
BAR = "      implausible: {maxItems: 0}\n"
LOOSER = "      implausible: {maxItems: 1}\n"


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with one contract of the project, committed."""
    for name in ("c-02.yaml", "models/fixture-llama.yaml"):
        target = tmp_path / "contracts" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "contracts" / name, target)
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    git("add", "contracts")
    git("commit", "-qm", "as it was")
    return tmp_path


def lint(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["lint", *arguments])


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def approve(here: Path) -> None:
    path = here / "contracts" / "c-02.yaml"
    edit(path, "version: 1.0.0", "version: 1.1.0")
    with path.open("a") as stream:
        stream.write("changelog: [{version: 1.1.0, change: c, reason: r, approver: the lead}]\n")


def catalogue() -> Catalogue:
    return load_catalogue(Path("contracts"))


@pytest.fixture
def bundle(here: Path) -> Callable[..., Path]:
    """A bundle like the committed one, in which C-02 has a given criterion hash and outcome."""
    (reference,) = (REPOSITORY / "evidence" / "reference").glob("2*/statement.json")
    committed = json.loads(reference.read_text())

    def make(criterion: str, outcome: str, number: int) -> Path:
        statement: dict[str, Any] = copy.deepcopy(committed)
        statement["predicate"]["files"] = {}  # it is the only one
        entries = statement["predicate"]["criteria"]
        entry = next(entry for entry in entries if entry["id"] == "C-02")
        entry["criterion"] = criterion
        for falsifier in entry["falsifiers"]:
            falsifier["outcome"] = outcome
        if outcome != "PASS":
            reason = {"FAIL": "falsified", "UNMEASURABLE": "missing_artifact"}[outcome]
            entry.update(verdict="BLOCKED", reasons=[reason])
        name = f"20260515T21443{number}Z-0f3a9c0d1e2f"
        return write_bundle(here / "evidence" / "mine", name, {"statement.json": json_bytes(statement)})

    return make


def test_nothing_wrong_is_0(here: Path) -> None:
    done = lint()
    assert (done.exit_code, done.stdout) == (0, f"2 files, {len(RULES)} rules, 0 problems\n")
    assert lint("--against", "HEAD").exit_code == 0


def test_the_contracts_of_this_project_have_no_problem() -> None:
    done = lint(str(REPOSITORY / "contracts"))
    assert done.exit_code == 0, done.stdout
    *notes, last = done.stdout.splitlines()
    assert last.endswith(", 0 problems")
    assert [note.rpartition("[")[2].partition("]")[0] for note in notes] == ["idle-defect", "never-red"]


def test_every_problem_of_every_file_is_2(here: Path) -> None:
    edit(
        here / "contracts" / "c-02.yaml",
        BAR,
        "      implausible: {maxItem: 0}\n",
    )
    edit(here / "contracts" / "c-02.yaml", "state: ACTIVE", "state: ACTVE")
    edit(here / "contracts" / "models" / "fixture-llama.yaml", "rope_theta: 10000.0", "rope_theta: 1e4")
    done = lint()
    assert done.exit_code == 2
    assert done.stdout.splitlines() == [
        'contracts/c-02.yaml:3:1: state is "ACTVE", not one of DRAFT, ACTIVE, RETIRED [not-one-of]; '
        "did you mean 'ACTIVE'?",
        "contracts/c-02.yaml:19:21: the key 'maxItem' is not known in falsifiers.0.expect.implausible "
        "[unknown-key]; did you mean 'maxItems'?",
        "contracts/models/fixture-llama.yaml:13:15: the plain scalar '1e4' is ambiguous [yaml-scalar]; "
        "write a decimal point, as in 1.0e-3",
        f"2 files, {len(RULES)} rules, 3 problems",
    ]


def test_files_by_themselves(here: Path) -> None:
    model = here / "contracts" / "models" / "fixture-llama.yaml"
    edit(model, "low: 138048, high: 138048", "low: 1, high: 2")
    done = lint("contracts/c-02.yaml", str(model), "--json")
    assert done.exit_code == 2
    said = json.loads(done.stdout)
    assert said["files"] == ["contracts/c-02.yaml", "contracts/models/fixture-llama.yaml"]
    assert said["problems"] == [
        {
            "code": "band-contradicts-constants",
            "file": "contracts/models/fixture-llama.yaml",
            "line": 17,
            "column": 1,
            "message": "the constants give 138,048 parameters, the band is 1..2",
            "fix": RULES["band-contradicts-constants"].fix,
        }
    ]


def test_a_looser_bar_is_1(here: Path) -> None:
    edit(here / "contracts" / "c-02.yaml", BAR, LOOSER)
    done = lint("--against", "HEAD")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("contracts/c-02.yaml:2:1: C-02 was ")
    assert "[version-not-raised]" in lines[0]
    change = "C-02: implausible: items <= 0 -> items <= 1 (loosening)"
    assert lines[1].startswith(f"contracts/c-02.yaml:19:7: {change} [loosened]; add a changelog line")
    assert lines[2] == f"contracts/c-02.yaml:19:7: {change}"
    said = json.loads(lint("--against", "HEAD", "--json").stdout)
    assert [change["direction"] for change in said["against"][0]["changes"]] == ["loosening"]
    assert [problem["code"] for problem in said["against"][0]["red"]] == ["version-not-raised", "loosened"]


def test_a_bar_that_was_red_stays_red_until_it_is_measured_again(
    here: Path, bundle: Callable[..., Path]
) -> None:
    was = criterion_hash(catalogue().contracts["C-02"], catalogue())
    red = bundle(was, "FAIL", 1)
    edit(here / "contracts" / "c-02.yaml", BAR, LOOSER)
    approve(here)
    now = criterion_hash(catalogue().contracts["C-02"], catalogue())
    done = lint("--against", "HEAD")
    assert done.exit_code == 1
    assert "loosened-after-red" in done.stdout
    (here / "elsewhere").mkdir()
    assert lint("--against", "HEAD", "--evidence", "elsewhere").exit_code == 0
    bundle(now, "UNMEASURABLE", 2)
    assert lint("--against", "HEAD").exit_code == 1
    bundle(now, "FAIL", 3)
    assert lint("--against", "HEAD").exit_code == 0
    (red / "statement.json").write_text("{}")
    assert "not counted: " in lint("--against", "HEAD").stderr


def test_what_bundles_said_comes_oldest_first(here: Path, bundle: Callable[..., Path]) -> None:
    for number, outcome in ((3, "PASS"), (1, "FAIL"), (2, "UNMEASURABLE")):
        bundle("0" * 64, outcome, number)
    results, problems = past_results([here / "evidence", here / "absent"])
    assert problems == []
    found = [(r.falsified, r.measured) for r in results if r.contract == "C-02"]
    assert found == [(True, True), (False, False), (False, True)]


def test_a_directory_that_was_renamed_is_not_taken_for_new(here: Path) -> None:
    (here / "contracts").rename(here / "rules")
    edit(here / "rules" / "c-02.yaml", BAR, LOOSER)
    done = lint("rules", "--against", "HEAD")
    assert isinstance(done.exception, UsageError)
    assert done.exception.code == "nothing-to-compare"


def test_contracts_that_do_not_load_are_not_compared(here: Path) -> None:
    edit(here / "contracts" / "c-02.yaml", "state: ACTIVE", "state: ACTVE")
    done = lint("--against", "HEAD")
    assert done.exit_code == 2
    assert "not compared with HEAD" in done.stderr


def test_the_catalogue_of_rules_is_printed() -> None:
    assert len(lint("--rules").stdout.splitlines()) == len(RULES)
    assert [rule["code"] for rule in json.loads(lint("--rules", "--json").stdout)] == list(RULES)
    assert lint("--rules", "--markdown").stdout == markdown()
    assert lint("--schema").stdout == schema_text()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["absent"], "no-such-path"),
        (["--against", "no-such-revision"], "unknown-revision"),
        (["--against", "HEAD", "--evidence", "absent"], "no-such-evidence"),
        (["contracts/c-02.yaml", "--against", "HEAD"], "against-a-file"),
    ],
)
def test_what_cannot_be_asked_is_2(here: Path, arguments: list[str], code: str) -> None:
    done = lint(*arguments)
    assert isinstance(done.exception, UsageError)
    assert (done.exception.code, done.exception.exit_code) == (code, 2)
