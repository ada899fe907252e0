"""One process a measurement: what goes wrong in it is an ERROR with a reason, and nothing outlives it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

import shipworthy
from shipworthy.gate import worker_client
from shipworthy.gate.worker_client import WorkerResult, run_worker


def request(subject: Path, **change: Any) -> dict[str, Any]:
    return {
        "probe": "checkpoint_metadata@1",
        "subject": str(subject),
        "artifacts": {},
        "with": {"fields": ["hidden_size"]},
        "log": str(subject.with_suffix(".log")),
        **change,
    }


def ran(
    tmp_path: Path, asked: dict[str, Any], *, seconds: float | None = 60, memory: int | None = None
) -> WorkerResult:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    result = run_worker(
        asked,
        output=tmp_path / "raw.json",
        log=tmp_path / "worker.log",
        seconds=seconds,
        memory_bytes=memory,
    )
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert not (tmp_path / "raw.json").exists()
    return result


def test_raw_samples_come_back(tmp_path: Path, fixture_llama: Path) -> None:
    result = ran(tmp_path, request(fixture_llama))
    assert result.raw is not None
    assert result.raw["metadata"]["hidden_size"] == 64
    assert (result.error, result.seconds > 0) == ("", True)


def test_an_expected_error_is_its_line(tmp_path: Path) -> None:
    result = ran(tmp_path, request(tmp_path / "absent.apr"))
    assert result.raw is None
    assert "absent.apr" in result.error


def test_a_bug_in_a_probe_is_its_last_line(tmp_path: Path, fixture_llama: Path) -> None:
    result = ran(tmp_path, request(fixture_llama, **{"with": {"nothing": 1}}))
    assert result.raw is None
    assert result.error.startswith("ended with code 1 and no samples: TypeError: ")


def test_a_probe_that_nobody_measures_is_an_error(tmp_path: Path, fixture_llama: Path) -> None:
    result = ran(tmp_path, request(fixture_llama, probe="line_count@1"))
    assert "KeyError: 'line_count@1'" in result.error


def test_past_its_time_it_is_killed(tmp_path: Path, fixture_llama: Path) -> None:
    result = ran(tmp_path, request(fixture_llama), seconds=0.02)
    assert (result.raw, result.error) == (None, "took longer than its limit of 0.02 s")


def test_past_its_memory_it_is_killed(tmp_path: Path, fixture_llama: Path) -> None:
    result = ran(tmp_path, request(fixture_llama), memory=1_000_000)
    assert result.raw is None
    assert result.error.endswith("bytes of memory, its limit is 1000000")


@pytest.mark.parametrize("listed", [True, False])
def test_memory_is_that_of_every_descendant_whichever_thread_started_it(
    listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that a thread started, in a session of its own, and a child of that."""
    monkeypatch.setattr(worker_client, "_LINUX_LISTS_CHILDREN", listed)
    code = (
        "import subprocess, sys, threading, time\n"
        "start = lambda: subprocess.Popen(['sh', '-c', 'sleep 60 & echo up; wait'], start_new_session=True)\n"
        "threading.Thread(target=lambda: (start(), time.sleep(60)), daemon=True).start()\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"up\n"
            tree = psutil.Process(child.pid).children(recursive=True)
            assert sorted(worker_client._numbers(child.pid)) == sorted([child.pid, *(p.pid for p in tree)])
            assert len(tree) == 2
            alone = psutil.Process(child.pid).memory_info().rss
            assert worker_client._memory(child.pid) > alone
        finally:
            for process in [*psutil.Process(child.pid).children(recursive=True), child]:
                process.kill()
    assert worker_client._memory(child.pid) == 0


def test_the_environment_of_the_caller_stays_outside(
    tmp_path: Path, fixture_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('from outside')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert ran(tmp_path, request(fixture_llama)).raw is not None


@pytest.mark.parametrize("warm", [False, True])
def test_a_worker_runs_the_code_of_who_started_it(tmp_path: Path, warm: bool) -> None:
    """A matrix that was begun from a copy of the sources measured with the installed ones."""
    copy = tmp_path / "copy" / "shipworthy"
    shutil.copytree(Path(shipworthy.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("worker", "warm_worker"):
        (copy / "gate" / f"{name}.py").write_text("raise SystemExit('the copy')\n")
    start = "WarmWorkers().start" if warm else "start_fresh"
    code = f"""
from pathlib import Path
from shipworthy.gate.warm_client import WarmWorkers
from shipworthy.gate.worker_client import run_worker, start_fresh
out = Path("raw.json"), Path("worker.log")
result = run_worker({{}}, output=out[0], log=out[1], seconds=60, memory_bytes=None, start={start})
print(result.error)
"""
    said = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(copy.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the copy" in said.stdout


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_constant_that_is_no_number_is_kept_as_a_word(
    tmp_path: Path, fixture_gguf: Path, value: float
) -> None:
    """GGUF metadata can hold a NaN, strict JSON cannot; the gate must be falsified by it, not broken."""
    from shipworthy.gate.planted.gguf_file import rewrite_gguf

    bad = tmp_path / "bad.gguf"
    rewrite_gguf(fixture_gguf, bad, fields=lambda f: {**f, "llama.rope.freq_base": value})
    result = ran(tmp_path, request(bad))
    assert result.raw is not None
    assert result.raw["metadata"]["rope_theta"] == str(value)
    json.dumps(result.raw, allow_nan=False)
