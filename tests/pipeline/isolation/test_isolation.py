"""What generated code tries and does not reach: it would print ESCAPED, and says what stopped it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from escapes import CALL, ESCAPES
from memory_holders import HOLDERS
from shipworthy.pipeline.isolation import (
    Ended,
    IsolationLimits,
    IsolationMissing,
    isolation_problem,
    run_isolated,
)

QUICK = IsolationLimits(seconds=3)


def run(code: str, limits: IsolationLimits = QUICK) -> Ended:
    problem = isolation_problem()
    assert problem is None, f"the tests of isolation need isolation: {problem}"
    return run_isolated(code, limits)


@pytest.mark.parametrize("attempt", ESCAPES)
def test_an_escape_fails(attempt: str) -> None:
    code, why = ESCAPES[attempt]
    ended = run(code.replace("{pid}", str(os.getpid())) + "\nprint('ESCAPED')")
    assert b"ESCAPED" not in ended.stdout
    assert ended.status == "failed"
    said = ended.stderr.decode()
    assert any(reason in said for reason in why.split("|")), said


@pytest.mark.parametrize("way", HOLDERS)
def test_what_the_address_space_does_not_count_is_refused_or_small(way: str) -> None:
    """memfd_create once held 900 MiB, shmget 1,280 MiB, under a limit of 512 MiB."""
    ended = run(HOLDERS[way])
    if ended.status == "completed":
        assert int(ended.stdout) <= 64
    else:
        assert (ended.status, ended.stdout) == ("failed", b"")
        assert b"not permitted" in ended.stderr


def test_the_memory_of_a_process_is_its_address_space() -> None:
    taken = "import mmap\nheld = [mmap.mmap(-1, 1 << 24) for _ in range({})]"
    assert run(taken.format(24)).status == "completed"
    ended = run(taken.format(33))
    assert ended.status == "failed"
    assert b"Cannot allocate memory" in ended.stderr


def test_what_is_no_text_fails_as_a_program() -> None:
    """A lone surrogate in a completion: it had ended a whole evaluation as missing_isolation."""
    ended = run("x = '\ud800'")
    assert (ended.status, ended.stdout) == ("failed", b"")
    assert b"UnicodeDecodeError" in ended.stderr


def test_no_variable_of_ours_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIPWORTHY_SIGNING_KEY", "secret")
    ended = run("import os; print(sorted(os.environ))")
    assert ended.stdout == b"['LANG', 'PATH']\n"


def test_a_server_of_this_machine_is_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()  # it answers out here
        ended = run(f"import socket; socket.create_connection(('127.0.0.1', {port}), 1); print('ESCAPED')")
    assert (ended.status, ended.stdout) == ("failed", b"")


def test_a_socket_without_a_path_is_not_reached() -> None:
    """Abstract sockets belong to the network's namespace, not to the files."""
    name = f"\0shipworthy-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect({name!r}); print('ESCAPED')"
        assert run(code).status == "failed"


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        """
import signal
for number in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True: pass
""",
    ],
)
def test_what_does_not_end_is_ended(code: str) -> None:
    started = time.monotonic()
    assert run(code, IsolationLimits(seconds=1)).status in ("timeout", "killed")
    assert time.monotonic() - started < 8


def test_a_fork_bomb_stays_small_and_ends() -> None:
    code = """
import os, time
made = 0
while True:
    try:
        if os.fork() == 0:
            time.sleep(60)
    except OSError:
        break
    made += 1
print(made)
"""
    ended = run(code)
    assert ended.status == "completed"
    assert 1 <= int(ended.stdout) < QUICK.processes


def test_nothing_outlives_the_program() -> None:
    mark = f"{os.getpid()}{threading.get_ident()}"
    code = f"""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        sleep = 'import time; time.sleep(30)'
        os.execv({os.path.realpath(sys.executable)!r}, ['python', '-S', '-c', sleep, '{mark}'])
    os._exit(0)
time.sleep(0.3)
"""
    assert run(code).status == "completed"
    time.sleep(0.2)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert mark not in listed


def test_output_without_end_is_cut() -> None:
    ended = run("while True: print('x' * 1000)")
    assert ended.status == "output"
    assert len(ended.stdout) == QUICK.output_bytes


@pytest.mark.parametrize(
    "code", ["import sys; sys.exit(0)", "import os; os._exit(0)", "quit()", "raise SystemExit"]
)
def test_an_early_end_is_no_completion(code: str) -> None:
    assert run(f"{code}\nassert False").status == "failed"


def test_a_crash_is_killed() -> None:
    assert run("import ctypes; ctypes.string_at(0)").status == "killed"


def test_a_program_may_work() -> None:
    code = """
import json, tempfile
with tempfile.TemporaryFile() as file:
    file.write(b'x')
print(json.dumps([1]), 'é')
"""
    ended = run(code)
    assert (ended.status, ended.returncode, ended.stdout) == ("completed", 0, "[1] é\n".encode())


def test_two_programs_share_nothing() -> None:
    assert run("open('/scratch/mine', 'w').write('x')").status == "completed"
    assert run("import os; print(os.listdir('/scratch'))").stdout == b"['program.py']\n"


@pytest.mark.parametrize("stage", ["unshare", "mount"])
def test_where_isolation_cannot_be_set_up_nothing_runs(
    stage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The real kernel refuses: no namespace of users is left, or there is nothing to show."""
    from shipworthy.pipeline.isolation import run as module

    if stage == "mount":
        monkeypatch.setattr(module, "_visible", lambda python: [str(tmp_path / "absent")])
        with pytest.raises(IsolationMissing, match="cannot be set up here"):
            run_isolated("print('RAN')", QUICK)
        return
    code = "from shipworthy.pipeline.isolation import isolation_problem; print(isolation_problem())"
    inner = ["unshare", "--user", "--map-root-user", "sh", "-c"]
    inner += ['echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" -c "$1"', sys.executable, code]
    done = subprocess.run(inner, capture_output=True, text=True, check=False)
    assert "isolation cannot be set up here" in done.stdout, done.stderr


def test_whatever_the_umask_the_program_runs() -> None:
    before = os.umask(0o077)
    try:
        assert run("print('here')").stdout == b"here\n"
    finally:
        os.umask(before)


@pytest.mark.parametrize("flags", [[], ["--user", "--map-root-user"]], ids=["as we are", "as a small root"])
def test_what_is_mounted_below_a_visible_directory_is_not_written(flags: list[str]) -> None:
    """In a mount namespace of its own, a writable disk lies below /usr."""
    flags = flags or ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    code = (
        "import os, sys\n"
        "from shipworthy.pipeline.isolation import IsolationLimits, run_isolated\n"
        "place = '/usr/src'\n"
        "ended = run_isolated(f\"open('{place}/escaped', 'w')\", IsolationLimits())\n"
        "print(ended.status, os.listdir(place), ended.stderr.decode().splitlines()[-1])"
    )
    script = 'mount -t tmpfs -o mode=777 none /usr/src && exec "$0" -c "$1"'
    argv = ["unshare", *flags, "--mount", "sh", "-c", script, sys.executable, code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("failed [] OSError: [Errno 30] Read-only file system"), done.stdout


def test_when_we_are_killed_the_program_ends_too() -> None:
    mark = f"{os.getpid()}{time.monotonic_ns()}"
    inner = f"import time; time.sleep(30)  # {mark}"
    code = (
        "from shipworthy.pipeline.isolation import IsolationLimits, run_isolated\n"
        f"run_isolated({inner!r}, IsolationLimits(seconds=30))"
    )
    ours = subprocess.Popen([sys.executable, "-c", code])
    below: list[psutil.Process] = []
    deadline = time.monotonic() + 20
    while len(below) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
        below = psutil.Process(ours.pid).children(recursive=True)
    assert len(below) == 3
    time.sleep(0.3)
    ours.kill()
    ours.wait()
    _, alive = psutil.wait_procs(below, timeout=10)
    assert alive == []


def test_no_descriptor_is_left_open() -> None:
    run("")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        run("1/0")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_call_by_another_numbering_ends_the_program() -> None:
    """x86-64's second table of calls would go round the filter; elsewhere there is no such number."""
    ended = run(CALL + "call(0x40000000 + 39)\nprint('ESCAPED')")
    assert (ended.status, ended.stdout) == ("killed", b"")
