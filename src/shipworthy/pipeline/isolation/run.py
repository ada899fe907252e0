"""Run a Python program in namespaces of its own, with limits, or say why that cannot be done here."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from ...errors import NotMeasurable
from .set_up import SetUp, namespaces_apart, set_up_of

_NOBODY = 65534
_SET_UP_SECONDS = 20.0
"""What making the namespaces may take, on a busy machine too, before the program's own time begins."""
Status = Literal["completed", "failed", "killed", "timeout", "output"]


class IsolationMissing(NotMeasurable):
    """The kernel, or the user that this runs as, does not permit isolation; nothing was run."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__("missing_isolation", "missing-isolation", message, fix=fix)


@dataclass(frozen=True)
class IsolationLimits:
    """`seconds` on the clock and of processor time; bytes of address space of each process, of the scratch
    directory (of all processes together), and of output; processes and threads at once.

    All together may hold `processes` times `memory_bytes`. Beside that the kernel keeps what it needs for
    them: page tables, and the buffers of their 64 descriptors each.
    """

    seconds: float = 10.0
    memory_bytes: int = 1 << 29
    disk_bytes: int = 1 << 24
    output_bytes: int = 1 << 16
    processes: int = 8


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    completed: it ran to its last line; a program that sets out to can pretend so, for it runs in the process
    that says it. failed: an exception, or an exit before its last line. killed: by a signal, a limit's
    included. timeout, output: it was stopped for that. Output is cut at the limit. `isolated` is whether all
    of the isolation was seen to be there when the program began; what was seen is `set_up`.
    """

    status: Status
    returncode: int
    stdout: bytes
    stderr: bytes
    seconds: float
    isolated: bool
    set_up: SetUp


@functools.cache
def isolation_problem() -> str | None:
    """Why a program cannot be isolated here, or None where an empty one was."""
    try:
        ended = run_isolated("", IsolationLimits())
    except IsolationMissing as missing:
        return missing.message
    if not ended.isolated:
        return f"an empty program was not isolated: {ended.set_up}"
    return None if ended.status == "completed" else f"an empty program ended as {ended.status}"


def run_isolated(code: str, limits: IsolationLimits) -> Ended:
    """Run Python source in namespaces of its own, with limits.

    It sees no network and no other process, no variable of our environment, and of the files only system
    directories (/usr, /bin, /lib) and the interpreter's, without the packages installed there, read-only,
    beside a scratch directory in memory. Sockets of other families, far-reaching system calls and those
    that hold memory beside the address space are refused; the others are the kernel's own to defend. That
    keeps out mistakes and casual malice.
    Raises IsolationMissing where any of it cannot be set up; then nothing was run.
    """
    if not sys.platform.startswith("linux"):
        raise IsolationMissing(f"{sys.platform} has no namespaces", fix="use Linux")
    with tempfile.TemporaryDirectory(prefix="shipworthy-isolated-") as root, contextlib.ExitStack() as stack:
        os.chmod(root, 0o755)  # noqa: S103  # an empty directory, which nobody must be able to enter
        unshared, unshared_end = _pipe(stack)
        ready, ready_end = _pipe(stack)
        done, done_end = _pipe(stack)
        seen, seen_end = _pipe(stack)
        mapped_end, mapped = os.pipe()
        stack.callback(os.close, mapped)
        ends = (unshared_end, mapped_end, ready_end, done_end, seen_end)
        ours = stack.enter_context(contextlib.ExitStack())
        for end in ends:
            ours.callback(os.close, end)
        token = secrets.token_hex(16)
        python = os.path.realpath(sys.executable)
        kept_to = {
            "RLIMIT_AS": limits.memory_bytes,
            "RLIMIT_CPU": int(limits.seconds) + 1,
            "RLIMIT_FSIZE": limits.disk_bytes,
            "RLIMIT_NPROC": limits.processes + 1,  # and the init of the namespace
            "RLIMIT_NOFILE": 64,
            "RLIMIT_SIGPENDING": 64,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_CORE": 0,
        }
        request = {
            "root": root,
            "code": code,
            "python": python,
            "visible": (visible := _visible(python)),
            "masked": _packages(visible),
            "parent": os.getpid(),
            "token": token,
            "disk_bytes": limits.disk_bytes,
            "unshared": unshared_end,
            "mapped": mapped_end,
            "ready": ready_end,
            "done": done_end,
            # The kernel counts no processes of root, so that root becomes nobody.
            "user": _NOBODY if _may_be_nobody() else None,
            "seen": seen_end,
            "limits": kept_to,
        }
        stdin = stack.enter_context(tempfile.TemporaryFile())
        stdin.write(json.dumps(request).encode())
        stdin.seek(0)
        process = subprocess.Popen(
            [python, "-I", "-S", "-c", program()],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=ends,
            cwd="/",
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        ours.close()
        try:
            _await(process, unshared, b"U")
            apart = namespaces_apart(process.pid)  # while it waits for its users
            _map_user(process, mapped)
            _await(process, ready, b"R")
            set_up = set_up_of(apart, _said(seen))
            return _watch(process, done, token, limits, set_up, set_up.whole(kept_to))
        finally:
            _kill(process)
            for stream in (process.stdout, process.stderr):
                assert stream is not None
                stream.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that is in its session, unless it has ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def program() -> str:
    """What isolates, as text."""
    return files(__package__).joinpath("inside.py").read_text(encoding="utf-8")


def _said(seen: int) -> bytes:
    """What the process that is about to become the program wrote of itself."""
    try:
        return os.read(seen, 1 << 12)
    except BlockingIOError:
        return b""


def _watch(
    process: subprocess.Popen[bytes],
    done: int,
    token: str,
    limits: IsolationLimits,
    set_up: SetUp,
    isolated: bool,
) -> Ended:
    assert process.stdout is not None
    assert process.stderr is not None
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
    try:
        process.wait(0 if stopped else max(started + limits.seconds - time.monotonic(), 0.0))
    except subprocess.TimeoutExpired:
        stopped = stopped or "timeout"
        _kill(process)
    seconds = time.monotonic() - started
    said = b""
    with contextlib.suppress(BlockingIOError):  # what was stopped may hold its end a moment longer
        said = os.read(done, 1 << 10)
    returncode = process.returncode
    if stopped is None and returncode == 0 and said == token.encode():
        stopped = "completed"
    elif stopped is None:
        stopped = "killed" if returncode >= 128 or returncode < 0 else "failed"
    output, error = (text[: limits.output_bytes] for text in held.values())
    return Ended(stopped, returncode, output, error, seconds, isolated, set_up)


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


def _packages(visible: Sequence[str]) -> list[str]:
    """Where installed packages lie in what is visible: among them may be the answers to what is asked."""
    bases = {sys.base_prefix, "/usr", "/usr/local"}
    found = {
        str(path)
        for base in bases
        for name in ("site-packages", "dist-packages")
        for path in Path(base).glob(f"lib*/python3*/{name}")
        if path.is_dir() and not path.is_symlink()
    }
    return sorted(path for path in found if any(path.startswith(f"{one}/") for one in visible))


def _may_be_nobody() -> bool:
    """Whether this is a root who may act for other users; that of a small namespace may not."""
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return os.geteuid() == 0 and any(0 <= _NOBODY - int(first) < int(count) for first, _, count in ranges)


def _map_user(process: subprocess.Popen[bytes], mapped: int) -> None:
    """Say who the new namespace's users are out here: only root may map one that is not itself."""
    user, group = os.geteuid(), os.getegid()
    others = f"{_NOBODY} {_NOBODY} 1\n" if _may_be_nobody() else ""
    process_files = Path(f"/proc/{process.pid}")
    try:
        if not others:
            process_files.joinpath("setgroups").write_text("deny")
        process_files.joinpath("uid_map").write_text(f"0 {user} 1\n{others}")
        process_files.joinpath("gid_map").write_text(f"0 {group} 1\n{others}")
    except OSError as error:
        message = f"isolation cannot be set up here: mapping the user: {error.strerror}"
        raise IsolationMissing(message) from error
    os.write(mapped, b"M")


def _await(process: subprocess.Popen[bytes], end: int, expected: bytes) -> None:
    """Wait for a byte that says how far the isolation has come."""
    if select.select([end], [], [], _SET_UP_SECONDS)[0] and os.read(end, 1) == expected:
        return
    assert process.stderr is not None
    _kill(process)
    said = process.stderr.read(1 << 16).decode(errors="replace").strip().splitlines()
    reason = said[-1] if said else "it did not come up in time"
    raise IsolationMissing(f"isolation cannot be set up here: {reason}")
