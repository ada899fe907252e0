"""Run a Python program in namespaces of its own, with limits, or say why that cannot be done here."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from ...errors import ShipworthyError

_NOBODY = 65534
_SET_UP_SECONDS = 20.0
"""What making the namespaces may take, on a busy machine too, before the program's own time begins."""
Status = Literal["completed", "failed", "killed", "timeout", "output"]


class IsolationMissing(ShipworthyError):
    """The kernel, or the user that this runs as, does not permit isolation; nothing was run."""

    exit_code = 1


@dataclass(frozen=True)
class IsolationLimits:
    """`seconds` on the clock and of processor time; bytes of memory of each process, of the scratch
    directory, and of output; processes and threads at once."""

    seconds: float = 10.0
    memory_bytes: int = 1 << 29
    disk_bytes: int = 1 << 24
    output_bytes: int = 1 << 16
    processes: int = 8


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    completed: it ran to its last line. failed: an exception, or an exit before its last line. killed: by a
    signal, a limit's included. timeout, output: it was stopped for that. Output is cut at the limit.
    """

    status: Status
    returncode: int
    stdout: bytes
    stderr: bytes
    seconds: float


@functools.cache
def isolation_problem() -> str | None:
    """Why a program cannot be isolated here, or None where an empty one was."""
    try:
        ended = run_isolated("", IsolationLimits())
    except IsolationMissing as missing:
        return missing.message
    return None if ended.status == "completed" else f"an empty program ended as {ended.status}"


def run_isolated(code: str, limits: IsolationLimits) -> Ended:
    """Run Python source with this interpreter's standard library and nothing else of this machine.

    It sees no network, no file but the library and a scratch directory in memory, no other process and no
    variable of our environment. That keeps out mistakes and casual malice, not an unknown hole in the
    kernel: no system call is filtered. Raises IsolationMissing where it cannot be set up; then nothing ran.
    """
    if not sys.platform.startswith("linux"):
        raise IsolationMissing("missing-isolation", f"{sys.platform} has no namespaces", fix="use Linux")
    with tempfile.TemporaryDirectory(prefix="shipworthy-isolated-") as root, contextlib.ExitStack() as stack:
        os.chmod(root, 0o755)  # noqa: S103  # an empty directory, which nobody must be able to enter
        unshared, unshared_end = _pipe(stack)
        ready, ready_end = _pipe(stack)
        done, done_end = _pipe(stack)
        mapped_end, mapped = os.pipe()
        stack.callback(os.close, mapped)
        python = os.path.realpath(sys.executable)
        request = {
            "root": root,
            "code": code,
            "python": python,
            "visible": _visible(python),
            "disk_bytes": limits.disk_bytes,
            "unshared": unshared_end,
            "mapped": mapped_end,
            "ready": ready_end,
            "done": done_end,
            # The kernel counts no processes of root, so that root becomes nobody.
            "user": _NOBODY if os.geteuid() == 0 else None,
            "limits": {
                "RLIMIT_AS": limits.memory_bytes,
                "RLIMIT_CPU": int(limits.seconds) + 1,
                "RLIMIT_FSIZE": limits.disk_bytes,
                "RLIMIT_NPROC": limits.processes + 1,  # and the init of the namespace
                "RLIMIT_NOFILE": 64,
                "RLIMIT_CORE": 0,
            },
        }
        source = files(__package__).joinpath("inside.py").read_text(encoding="utf-8")
        stdin = stack.enter_context(tempfile.TemporaryFile())
        stdin.write(json.dumps(request).encode())
        stdin.seek(0)
        ends = (unshared_end, mapped_end, ready_end, done_end)
        process = subprocess.Popen(
            [python, "-I", "-S", "-c", source],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=ends,
            cwd="/",
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        for end in ends:
            os.close(end)
        try:
            _map_user(process, unshared, mapped)
            return _watch(process, ready, done, limits)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                stream.close()


def _watch(process: subprocess.Popen[bytes], ready: int, done: int, limits: IsolationLimits) -> Ended:
    assert process.stdout is not None
    assert process.stderr is not None
    _await(process, ready, b"R")
    started = time.monotonic()
    held = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
    is_open = set(held)
    stopped: Status | None = None
    while is_open and stopped is None:
        left = started + limits.seconds - time.monotonic()
        readable = select.select(list(is_open), [], [], max(left, 0.0))[0]
        if left <= 0:
            stopped = "timeout"
        for number in readable:
            piece = os.read(number, 1 << 16)
            if not piece:
                is_open.discard(number)
            held[number] += piece
            if len(held[number]) > limits.output_bytes:
                stopped = "output"
    if stopped is not None:
        os.killpg(process.pid, signal.SIGKILL)
    returncode = process.wait()
    seconds = time.monotonic() - started
    completed = False
    with contextlib.suppress(BlockingIOError):  # what was stopped may hold its end a moment longer
        completed = os.read(done, 1) == b"D"
    if stopped is None:
        stopped = (
            "completed"
            if completed and returncode == 0
            else "killed"
            if returncode >= 128 or returncode < 0
            else "failed"
        )
    output, error = (text[: limits.output_bytes] for text in held.values())
    return Ended(stopped, returncode, output, error, seconds)


def _pipe(stack: contextlib.ExitStack) -> tuple[int, int]:
    """Both ends of a pipe; reading never waits, and is closed with the stack."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    stack.callback(os.close, reading)
    return reading, writing


def _visible(python: str) -> list[str]:
    """The directories that the interpreter and the libraries it loads lie in, outermost ones alone."""
    wanted = {"/usr", "/lib", "/lib64", "/bin", sys.base_prefix, str(Path(python).parent.parent)}
    present = sorted(path for path in wanted if os.path.exists(path) and path != "/")
    return [path for path in present if not any(path.startswith(f"{other}/") for other in present)]


def _map_user(process: subprocess.Popen[bytes], unshared: int, mapped: int) -> None:
    """Say who the new namespace's users are out here: only root may map one that is not itself."""
    _await(process, unshared, b"U")
    user, group = os.geteuid(), os.getegid()
    others = f"{_NOBODY} {_NOBODY} 1\n" if user == 0 else ""
    process_files = Path(f"/proc/{process.pid}")
    try:
        if user != 0:
            process_files.joinpath("setgroups").write_text("deny")
        process_files.joinpath("uid_map").write_text(f"0 {user} 1\n{others}")
        process_files.joinpath("gid_map").write_text(f"0 {group} 1\n{others}")
    except OSError as error:
        message = f"isolation cannot be set up here: mapping the user: {error.strerror}"
        raise IsolationMissing("missing-isolation", message) from error
    os.write(mapped, b"M")


def _await(process: subprocess.Popen[bytes], end: int, expected: bytes) -> None:
    """Wait for a byte that says how far the isolation has come."""
    if select.select([end], [], [], _SET_UP_SECONDS)[0] and os.read(end, 1) == expected:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    assert process.stderr is not None
    said = process.stderr.read(1 << 16).decode(errors="replace").strip().splitlines()
    reason = said[-1] if said else "it did not come up in time"
    raise IsolationMissing("missing-isolation", f"isolation cannot be set up here: {reason}")
