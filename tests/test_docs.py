"""The documents are true: their commands run, their table is the committed bundle's, their links lead."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shipworthy.evidence import list_bundles, read_bundle
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.trial import load_contracts
from shipworthy.report.markdown import markdown_table
from shipworthy.report.ship import history, statuses

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks" / "README.md"]
EXPECTED_EXIT = {"dispatch": 1, "qa": 1}
SHORTER = {("eval",): ["--only", "HumanEval/0"], ("eval", "--suite"): ["--only", "held-out-001"]}
"""What is added to a command that takes many minutes; the whole of it is measured in docs/evaluation.md."""


def commands(document: Path, first_word: str) -> list[str]:
    """The lines of a document's code blocks that start with a word, without their comments."""
    blocks = re.findall(r"^```\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.split("#")[0].strip() for line in lines if line.startswith(first_word + " ")]


MAKE = sorted({line for document in DOCUMENTS for line in commands(document, "make")})
SHIPWORTHY = commands(ROOT / "README.md", "shipworthy")
EVALUATION = commands(ROOT / "docs" / "evaluation.md", "shipworthy")
THROUGHPUT = commands(ROOT / "docs" / "throughput.md", "shipworthy")


@pytest.mark.parametrize("line", MAKE)
def test_every_make_command_names_a_target_that_exists(line: str) -> None:
    assert shutil.which("make")
    done = subprocess.run([*shlex.split(line), "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gates", "SUBJECT=model.apr", "DEVICE=cuda"], "DEVICE belongs to RECIPE"),
        (["gates", "CUDA=1"], "run `make setup CUDA=1`, then `make gates`"),
    ],
)
def test_make_refuses_what_contradicts_itself(arguments: list[str], said: str) -> None:
    done = make("-n", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


VENV = r"""#!/bin/sh
# Stands for python -m venv: the python that it leaves writes down how it is called, or has no pip.
mkdir -p .venv/bin
cat > .venv/bin/python <<END
#!/bin/sh
echo "\$*" >> calls
cat .venv/constraints.txt > pins 2>&1
exit $FAILS
END
chmod +x .venv/bin/python
"""


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in which nothing is installed in earnest."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python").write_text(VENV)
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setenv("PYTHON", "./python")
    monkeypatch.setenv("FAILS", "0")
    return tmp_path


def test_a_venv_that_cannot_be_made_does_not_stay(setup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILS", "1")
    done = make("setup", cwd=setup)
    assert done.returncode == 2
    assert "cannot make a venv with pip" in done.stderr
    assert not (setup / ".venv").exists()


def test_newer_constraints_do_not_bring_back_the_cpu_build(setup: Path) -> None:
    assert make("setup", cwd=setup).returncode == 0
    assert "\ntorch==" in (setup / "pins").read_text()
    assert make("setup", "CUDA=1", cwd=setup).returncode == 0
    os.utime(setup / "constraints.txt", (2**31, 2**31))
    (setup / "calls").unlink()
    assert make("setup", cwd=setup).returncode == 0
    assert "-m pip install" in (setup / "calls").read_text()
    pins = (setup / "pins").read_text()
    assert "numpy==" in pins
    assert "torch==" not in pins


def test_there_are_commands_to_try() -> None:
    assert len(MAKE) >= 4
    assert len(SHIPWORTHY) >= 5


@pytest.mark.slow
def test_the_commands_for_a_checkpoint_of_ones_own_run(tmp_path: Path) -> None:
    # A qwen3, to which the criteria of model-2 that take many minutes do not apply.
    write_fixture(load_contracts(), "fixture-qwen3", tmp_path / "model.apr")
    for line in SHIPWORTHY:
        run_documented(line, tmp_path)


@pytest.mark.slow
def test_the_commands_about_speed_run(tmp_path: Path) -> None:
    assert THROUGHPUT
    write_fixture(load_contracts(), "fixture-qwen3", tmp_path / "model.apr")
    (bundle,) = list_bundles(ROOT / "evidence" / "reference")
    shutil.copytree(bundle, tmp_path / ".shipworthy" / "evidence" / "NAME")
    for line in THROUGHPUT:
        run_documented(line, tmp_path)


def run_documented(line: str, folder: Path) -> None:
    """Run a line of a document in a folder and hold its exit code against what that verb comes to there."""
    verb, *arguments = shlex.split(line)[1:]
    kind = (verb, "--suite") if "--suite" in arguments else (verb,)
    done = subprocess.run(
        [sys.executable, "-m", "shipworthy.cli", verb, *arguments, *SHORTER.get(kind, [])],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == EXPECTED_EXIT.get(verb, 0), f"{line}: {done.stderr}"


def test_the_readme_shows_the_commands_of_the_evaluations() -> None:
    assert EVALUATION
    assert set(EVALUATION) <= set(SHIPWORTHY)


def test_readme_shows_the_table_of_the_committed_bundle() -> None:
    (bundle,) = list_bundles(ROOT / "evidence" / "reference")
    read = read_bundle(bundle)
    table = markdown_table(read, statuses(read, history(bundle.parent, until=read)[0]))
    readme = (ROOT / "README.md").read_text()
    shown = readme.partition("<!-- table:")[2].partition("-->\n")[2].partition("<!-- end of table -->")[0]
    assert shown.strip() == table.strip()


def test_the_committed_bundle_is_what_a_machine_without_cuda_can_honestly_show() -> None:
    (bundle,) = list_bundles(ROOT / "evidence" / "reference")
    read = read_bundle(bundle)
    verdicts = {entry["id"]: (entry["verdict"], entry["reasons"]) for entry in read.predicate["criteria"]}
    discharged = ("DISCHARGED", [])
    assert verdicts == {
        "C-01": discharged,
        "C-02": discharged,
        "C-03": discharged,
        "P0-D": discharged,
        "P0-E": discharged,
        "P0-F": discharged,
        "P0-G": discharged,
        "P0-H": discharged,
        "P0-K": discharged,
        "P0-Q4K": discharged,
        "AC-SHIP2-005": discharged,
        "AC-SHIP2-009": discharged,
        "AC-SHIP2-010": ("BLOCKED", ["missing_hardware"]),
        "CROSS-LICENCE": discharged,
        "CROSS-QUALITY": discharged,
        "CROSS-ROUND-TRIP": discharged,
    }
    assert statuses(read, [])["AC-SHIP2-010"] == "PARTIAL_ALGORITHM_LEVEL"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target
