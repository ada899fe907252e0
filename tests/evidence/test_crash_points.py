"""Kill -9 and a full disk at the system calls of a dispatch's evidence: the old or the new state, always.

A sample of what `python tools/crash_points.py DIRECTORY` tries in whole. The calls are those that reach the
kernel: a preloaded library stands between them and libc.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from crash_points import MODES, compile_shim, run_preloaded

from shipworthy.evidence.ledger import examine


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be: what is tried is the order of calls, and a disk would take a minute."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as name:
        yield Path(name)


def tried(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, int]]:
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, int]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_a_crash_anywhere_leaves_the_old_or_the_new_state(folder: Path) -> None:
    found = tried(run_preloaded(folder, "--earlier", "2", "--every", "3", "--again", "120"))
    assert found["ended"].keys() == {"killed", "refused by name", "done"}
    assert {"old", "new", "new, without its line", "old, interrupted"} <= found["states"].keys()
    assert sum(n for point, n in found["points"].items() if point.startswith("dispatch")) > 40
    assert sum(n for point, n in found["points"].items() if point.startswith("recovery")) > 10


def test_each_file_is_durable_before_the_next_and_the_manifest_and_its_name_come_last(folder: Path) -> None:
    found = tried(run_preloaded(folder, "--earlier", "0", "--every", "1000", "--again", "0"))
    a_file = ["mkdir", "open", "write", "fsync"]  # mkdir also where the directory is there
    assert found["calls"] == [
        "mkdir", "mkdir",  # the directory of evidence, and one beside the bundle's name
        *a_file,  # environment.json
        "mkdir", "open", "fsync",  # logs/one.log, which is empty
        *a_file, *a_file, *a_file,  # the measurement, the statement, the manifest
        "fsync", "fsync", "fsync",  # the directories that hold them
        "open", "fsync",  # the ledger, which is locked from here on, and its name
        "rename", "fsync",  # the bundle's name
        "write", "fsync",  # the ledger's line
    ]  # fmt: skip


def test_a_bundle_that_grows_under_its_name_is_caught(folder: Path) -> None:
    done = run_preloaded(folder, "--recorder", "in place", "--again", "0")
    assert done.returncode == 1
    assert "LostEvidence: half a bundle has its name" in done.stderr


@pytest.mark.parametrize(
    ("call", "mode", "code", "left"),
    [
        ("rename", "kill before", -9, ["bundle-not-named"]),
        ("write", "full from here on", 4, ["bundle-not-recorded"]),
    ],
)
def test_a_real_dispatch_that_is_stopped_is_taken_up_by_the_next(
    folder: Path, call: str, mode: str, code: int, left: list[str]
) -> None:
    """Of a subject that is refused: its bundle is written by the same function, in moments."""
    subject, evidence = folder / "text.apr", folder / "evidence"
    subject.write_text("This is a text and no checkpoint.")
    argv = [sys.executable, "-m", "shipworthy.cli", "dispatch", str(subject), "--release", "smollm2-demo"]
    argv += ["--evidence", str(evidence)]
    calls = ["mkdir", "mkdir", *["mkdir", "open", "write", "fsync"] * 2, *["fsync", "open", "fsync"]]
    calls += ["rename", "fsync", "write", "fsync"]
    number = max(i for i, name in enumerate(calls) if name == call)
    stopped = {
        "LD_PRELOAD": str(compile_shim(folder)),
        "SHIM_ROOT": str(evidence),
        "SHIM_CALL": str(number),
        "SHIM_MODE": str(MODES[mode]),
    }
    done = subprocess.run(argv, env={**os.environ, **stopped}, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("[unwritable]" in done.stderr) == (code == 4)
    assert [finding.code for finding in examine(evidence)[1]] == left
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 4
    ledger, problems = examine(evidence)
    assert ([entry.recorded for entry in ledger.entries], problems) == (["found", "dispatch"], [])
