"""docs/evidence.md: its commands run, its script verifies a bundle, and its codes are those that exist."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from corpus_bundles import CORPUS, corpus_bundle

from trial_workspace import make_workspace

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "evidence.md").read_text()
BLOCKS = re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMITTED = [line.partition("#")[0].strip() for line in BLOCKS[1].splitlines()]
OWN = [line.partition("#")[0].strip() for line in BLOCKS[0].splitlines()]


@pytest.mark.parametrize("line", COMMITTED)
def test_the_commands_on_committed_bundles_run(line: str) -> None:
    argv = [sys.executable, "-m", "shipworthy.cli", *shlex.split(line)[1:]]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_commands_for_a_checkpoint_of_ones_own_run(tmp_path: Path, fixture_llama: Path) -> None:
    workspace = make_workspace(tmp_path / "w", {"C-01": 100})
    shutil.copy(fixture_llama, workspace.root / "model.apr")
    assert [line.split()[1] for line in OWN] == ["keygen", "dispatch", "verify", "verify"]
    for line in OWN:
        done = workspace.shipworthy(*shlex.split(line)[1:])
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_that_takes_the_time_runs() -> None:
    (line,) = [line for block in BLOCKS for line in block.splitlines() if line.startswith("python -m timeit")]
    argv = [sys.executable, *shlex.split(line.replace("-r 60", "-r 1"))[1:]]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "msec per loop" in done.stdout


def test_the_script_verifies_a_bundle_without_us() -> None:
    (script,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    path = corpus_bundle("0.1.0/signed")
    key = CORPUS / "0.1.0" / "corpus.key.pub"
    argv = [sys.executable, "-W", "ignore::ResourceWarning", "-c", script]
    done = subprocess.run(
        [*argv, str(path / "statement.dsse.json"), str(key)], capture_output=True, text=True, check=True
    )
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    assert len(lines) > 10
    for sha256, name in lines:
        assert hashlib.sha256((path / name).read_bytes()).hexdigest() == sha256
    wrong = subprocess.run(
        [*argv, str(path / "vsa.dsse.json"), str(key)], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 1


def test_every_code_of_a_finding_is_documented() -> None:
    folder = ROOT / "src" / "shipworthy" / "evidence" / "verify"
    sources = "".join(
        path.read_text() for path in [*folder.glob("*.py"), ROOT / "src/shipworthy/gate/replay.py"]
    )
    table = TEXT.partition("| code of a finding")[2].partition("\n\n")[0]
    documented = set(re.findall(r"`([a-z]+-[a-z-]+)`", table))
    used = set(re.findall(r'"([a-z]+-[a-z]+(?:-[a-z]+)*)"', sources))
    assert {code for code in documented if code not in used and not code.endswith("-differs")} == set()
    found = set(re.findall(r'(?:Finding\(|\[?\()\s*"([a-z]+-[a-z-]+)"', sources)) - {"too-large"}
    refusals = set(re.findall(r'(?:File|Usage)Error\(\s*"([a-z-]+)"', sources))
    assert found - refusals - documented == set()
