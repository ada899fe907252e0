"""Runs one measurement in a fresh process with a time and a memory limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from ..canonical import strict_loads

_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "TMPDIR",
    "CUDA_VISIBLE_DEVICES",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "SHIPWORTHY_CACHE",
    "XDG_CACHE_HOME",
)
_POLL_SECONDS = 0.05
_LINUX_LISTS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


@dataclass(frozen=True)
class WorkerResult:
    """What a worker left: raw samples, or why there are none; `missing` is a reason of the verdict's."""

    raw: dict[str, Any] | None
    error: str
    seconds: float
    missing: str = ""


class Running(Protocol):
    """A worker that was started: what is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self) -> int: ...


Start = Callable[[Mapping[str, Any], Path, Path], Running]
"""Starts a worker on a request; its answer goes to the second, what it says to the third."""


def start_fresh(request: Mapping[str, Any], output: Path, log: Path) -> Running:
    """`python -m shipworthy.gate.worker`, which imports what it needs itself."""
    argv = [sys.executable, "-P", "-m", "shipworthy.gate.worker", str(output)]
    with log.open("ab") as stderr, tempfile.TemporaryFile() as stdin:
        stdin.write(json.dumps(request).encode())
        stdin.seek(0)
        return subprocess.Popen(
            argv, stdin=stdin, stdout=stderr, stderr=stderr, env=worker_environment(), start_new_session=True
        )


def worker_environment() -> dict[str, str]:
    """The variables of ours that a worker sees, and the package that it is to run: this one."""
    package_root = Path(__file__).resolve().parents[2]
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**inherited, "PYTHONPATH": str(package_root)}


def run_worker(
    request: Mapping[str, Any],
    *,
    output: Path,
    log: Path,
    seconds: float | None,
    memory_bytes: int | None,
    start: Start = start_fresh,
) -> WorkerResult:
    """Run a worker on one request.

    `output` receives the raw samples, `log` its stderr. Past a limit the worker and all its children are
    killed. Nothing that goes wrong in the worker raises here: it becomes `error`.
    """
    started = time.monotonic()
    child = start(request, output, log)
    try:
        breach = _wait(child, seconds, memory_bytes)
    finally:
        _kill_tree(child)
    took = time.monotonic() - started
    if breach:
        output.unlink(missing_ok=True)
        return WorkerResult(None, breach, took)
    return _read(child, output, log, took)


def _wait(child: Running, seconds: float | None, memory_bytes: int | None) -> str:
    deadline = None if seconds is None else time.monotonic() + seconds
    while child.poll() is None:
        if deadline is not None and time.monotonic() > deadline:
            return f"took longer than its limit of {seconds:g} s"
        if memory_bytes is not None and (used := _memory(child.pid)) > memory_bytes:
            return f"used {used} bytes of memory, its limit is {memory_bytes}"
        time.sleep(_POLL_SECONDS)
    return ""


def _memory(pid: int) -> int:
    """Resident bytes of a process and its descendants. It is asked twenty times a second."""
    return sum(map(_resident, _numbers(pid)))


def _resident(pid: int) -> int:
    try:
        found: int = psutil.Process(pid).memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return found


def _numbers(pid: int) -> list[int]:
    """The process and its descendants.

    Linux keeps a list of each thread's children; where it does not, the parents of every process there is are
    looked at, which takes thirty times as long.
    """
    if not _LINUX_LISTS_CHILDREN:
        return [process.pid for process in _tree(pid)]
    found = [pid]
    for number in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            for thread in os.listdir(f"/proc/{number}/task"):
                found += _children(f"/proc/{number}/task/{thread}/children")
    return found


def _children(place: str) -> list[int]:
    """None of a thread that has ended meanwhile."""
    with suppress(FileNotFoundError, ProcessLookupError), open(place, "rb") as stream:
        return [int(number) for number in stream.read().split()]
    return []


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _kill_tree(child: Running) -> None:
    """End the worker and whatever it started, also in sessions of their own."""
    for process in _tree(child.pid):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    child.wait()


def _read(child: Running, output: Path, log: Path, took: float) -> WorkerResult:
    try:
        answer = strict_loads(output.read_bytes())
        output.unlink()
    except FileNotFoundError:
        return WorkerResult(
            None, f"ended with code {child.returncode} and no samples: {_last_line(log)}", took
        )
    if "error" in answer:
        return WorkerResult(None, answer["error"], took, answer.get("missing", ""))
    if child.returncode != 0:
        return WorkerResult(None, f"ended with code {child.returncode} after it had answered", took)
    return WorkerResult(answer["raw"], "", took)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
