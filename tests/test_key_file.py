"""The key's name is taken out of the environment before any verb, or any gate, starts a child."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command import Here
from shipworthy.key_file import KEY_FILE, take_key_file

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to which a `git` that stands before the real one writes what it is told."""
    told, programs = tmp_path / "told", tmp_path / "programs"
    programs.mkdir()
    git = programs / "git"
    git.write_text(f'#!/bin/sh\nenv >> "{told}"\nexec "{shutil.which("git")}" "$@"\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv(KEY_FILE, "release.key")
    return told


def test_the_environment_names_a_key_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_FILE, "release.key")
    assert take_key_file() == Path("release.key")
    assert take_key_file() is None
    monkeypatch.setenv(KEY_FILE, "")
    assert take_key_file() is None


def test_a_verb_that_signs_nothing_gives_no_child_its_name(
    here: Here, told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("c-02.yaml", "models/fixture-llama.yaml"):
        target = tmp_path / "work" / "contracts" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "contracts" / name, target)
    monkeypatch.chdir(tmp_path / "work")
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert f"{KEY_FILE}=release.key" in told.read_text()
    told.unlink()
    here("lint", "--against", "HEAD")
    assert "PATH=" in told.read_text()
    assert KEY_FILE not in told.read_text()


def test_pytest_with_gates_gives_no_child_its_name(tmp_path: Path) -> None:
    """The plugin's own environment, as a gate of a session with a subject has it."""
    (tmp_path / "test_seen.py").write_text(
        "import os\n\n\ndef test_seen():\n"
        f"    assert {KEY_FILE!r} not in os.environ and 'SHIPWORTHY_CACHE_SEEN' in os.environ\n"
    )
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--subject", "x.apr"]
    given = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [*argv, str(tmp_path)],
        env={**given, KEY_FILE: "release.key", "SHIPWORTHY_CACHE_SEEN": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
