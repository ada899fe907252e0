"""A worker that is forked from a warm process is a process of its own, and comes to what a fresh one does."""

from __future__ import annotations

import inspect
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pytest

from shipworthy.gate.measure import measured_probes, modules_of
from shipworthy.gate.warm_client import WarmWorkers, _Warm
from shipworthy.gate.worker_client import WorkerResult, run_worker

Ran = Callable[..., WorkerResult]


def request(subject: Path, **change: Any) -> dict[str, Any]:
    return {
        "probe": "checkpoint_metadata@1",
        "subject": str(subject),
        "artifacts": {},
        "with": {"fields": ["hidden_size"]},
        "log": str(subject.with_suffix(".log")),
        **change,
    }


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmWorkers]:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with WarmWorkers(name for probe in sorted(measured_probes()) for name in modules_of(probe)) as workers:
        yield workers
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


@pytest.fixture
def ran(warm: WarmWorkers, tmp_path: Path) -> Ran:
    def run(asked: dict[str, Any], *, seconds: float = 60, memory: int | None = None) -> WorkerResult:
        output = tmp_path / f"{asked['probe']}.json"
        result = run_worker(
            asked,
            output=output,
            log=tmp_path / "worker.log",
            seconds=seconds,
            memory_bytes=memory,
            start=warm.start,
        )
        assert not output.exists()
        return result

    return run


def test_it_comes_to_what_a_fresh_worker_does(ran: Ran, tmp_path: Path, fixture_llama: Path) -> None:
    """Also with torch; one after the other, each is as if it were the first; broken ones are errors."""
    named = request(fixture_llama)
    tensors = {**named, "probe": "weights_load@1", "with": {}}
    for asked in (
        named,
        tensors,
        request(tmp_path / "absent.apr"),
        request(fixture_llama, **{"with": {"nothing": 1}}),
        request(fixture_llama, probe="line_count@1"),
        named,
    ):
        output, log = tmp_path / "fresh.json", tmp_path / "fresh.log"
        fresh = run_worker(asked, output=output, log=log, seconds=60, memory_bytes=None)
        forked = ran(asked)
        assert (forked.raw, forked.error) == (fresh.raw, fresh.error)
        assert (fresh.raw is None) == bool(fresh.error)


def test_one_that_ended_before_its_number_was_read_has_ended(
    ran: Ran, fixture_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine both answers may lie in the pipe before the first is read."""
    assert ran(request(fixture_llama)).error == ""  # it is warm now
    answer = _Warm.answer

    def late(warm: _Warm, key: str) -> int | None:
        if key == "pid":
            time.sleep(2)
        return answer(warm, key)

    monkeypatch.setattr(_Warm, "answer", late)
    assert ran(request(fixture_llama), seconds=20).error == ""


def test_past_a_limit_it_is_killed_and_the_next_measures(ran: Ran, fixture_llama: Path) -> None:
    late = ran(request(fixture_llama), seconds=0.0)
    assert (late.raw, late.error) == (None, "took longer than its limit of 0 s")
    large = ran(request(fixture_llama), memory=1_000_000)
    assert large.error.endswith("bytes of memory, its limit is 1000000")
    assert ran(request(fixture_llama)).raw is not None


def test_its_death_is_an_error(warm: WarmWorkers, tmp_path: Path, fixture_llama: Path) -> None:
    def start_and_kill(asked: Any, output: Path, log: Path) -> Any:
        worker = warm.start(asked, output, log)
        os.kill(worker.pid, signal.SIGKILL)
        return worker

    result = run_worker(
        request(fixture_llama),
        output=tmp_path / "raw.json",
        log=tmp_path / "log",
        seconds=60,
        memory_bytes=None,
        start=start_and_kill,
    )
    assert (result.raw, result.error) == (None, "ended with code -9 and no samples: it said nothing")


def test_the_death_of_the_warm_process_is_an_error_and_another_takes_its_place(
    warm: WarmWorkers, ran: Ran, fixture_llama: Path, tmp_path: Path
) -> None:
    def start_and_kill(asked: Any, output: Path, log: Path) -> Any:
        worker = warm.start(asked, output, log)
        psutil.Process(psutil.Process(worker.pid).ppid()).kill()
        return worker

    output, log = tmp_path / "raw.json", tmp_path / "log"
    asked = request(fixture_llama)
    result = run_worker(asked, output=output, log=log, seconds=60, memory_bytes=None, start=start_and_kill)
    assert result.raw is None
    assert result.error
    assert ran(asked).raw is not None


def test_several_at_once_keep_their_answers_apart(
    warm: WarmWorkers, tmp_path: Path, fixture_llama: Path
) -> None:
    names = ["one.apr", "two.apr", fixture_llama.name, "three.apr"]

    def one(name: str) -> WorkerResult:
        return run_worker(
            request(fixture_llama.with_name(name)),
            output=tmp_path / f"{name}.json",
            log=tmp_path / "log",
            seconds=60,
            memory_bytes=None,
            start=warm.start,
        )

    with ThreadPoolExecutor(max_workers=2) as pool:
        for name, result in zip(names, pool.map(one, names), strict=True):
            assert (result.raw is not None) == (name == fixture_llama.name)
            assert result.raw is not None or name in result.error


def test_the_environment_of_the_caller_stays_outside(
    ran: Ran, tmp_path: Path, fixture_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('from outside')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert ran(request(fixture_llama)).raw is not None


def test_the_table_of_those_that_import_torch_says_what_is_so() -> None:
    for probe in sorted(measured_probes()):
        module = import_module(modules_of(probe)[0])
        assert ("import torch" in inspect.getsource(module)) == ("torch" in modules_of(probe)), probe


def test_the_warm_process_has_one_thread(warm: WarmWorkers, tmp_path: Path, fixture_llama: Path) -> None:
    """A fork has no threads but its own: a library that had started some would wait for them for ever."""
    worker = warm.start(request(fixture_llama), tmp_path / "raw.json", tmp_path / "log")
    try:
        forked = psutil.Process(worker.pid)
        assert forked.parent().num_threads() == 1
        assert forked.cpu_affinity() == forked.parent().cpu_affinity()
    finally:
        assert worker.wait() == 0
