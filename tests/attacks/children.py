"""Run `shipworthy VERB ... SUBJECT` for each of many subjects, and measure each.

Started as `python children.py each|all VERB [OPTION]...` with one JSON string, a subject, a line on standard
input; answers with one JSON object a line: exit status, what was said, CPU seconds, peak memory in bytes, and
which heavy modules were imported.

`each`: a process for every subject, two at a time, forked from one that has imported the command line and
nothing else. That saves the start of Python: what a test allows must leave room for it. They are not forked
from pytest, because a child's peak memory counts from what it was forked from.
`all`: this process for all of them, so that what one leaves behind meets the next.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from shipworthy.cli import main

HEAVY = ("torch", "llama_cpp", "transformers", "tokenizers", "safetensors", "gguf", "numpy", "pytest")
NEEDED = {
    "validate": (
        "shipworthy.checkpoint.validate",
        "shipworthy.checkpoint.hf_directory",
        "shipworthy.cli.progress",
    )
}
"""What a verb imports before it looks at its subject."""
AT_ONCE = 2
CPU_LIMIT = 10
"""Seconds after which a process is killed, so that one that hangs is a failure and not a wait."""


class Child:
    """One process, from its fork to its measured end."""

    def __init__(self, arguments: list[str], subject: str) -> None:
        self.subject = subject
        self.out, self.error, self.imported = (os.memfd_create(name) for name in ("out", "error", "imported"))
        self.pid = os.fork()
        if self.pid == 0:
            self._run([*arguments, subject])

    def _run(self, arguments: list[str]) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT))
        os.dup2(self.out, 1)
        os.dup2(self.error, 2)
        status = 70
        try:
            status = exit_status(arguments)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.write(self.imported, json.dumps(imported()).encode())
            os._exit(status)

    def measured(self) -> dict[str, Any]:
        """Wait for the end, and say how it was."""
        _, status, usage = os.wait4(self.pid, 0)
        return {
            "subject": self.subject,
            "status": os.waitstatus_to_exitcode(status),
            "stdout": _text(self.out),
            "stderr": _text(self.error),
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * 1024,
            "imported": json.loads(_text(self.imported) or '["killed"]'),
        }


def _text(descriptor: int) -> str:
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        return file.read().decode()


def exit_status(arguments: list[str]) -> int:
    """What the command line exits with."""
    sys.argv = ["shipworthy", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def imported() -> list[str]:
    return [name for name in HEAVY if name in sys.modules]


def run_each(arguments: list[str]) -> None:
    """Answer every subject of standard input, in order, from a process of its own."""
    for module in NEEDED[arguments[0]]:
        importlib.import_module(module)
    waiting: list[Child] = []
    for line in sys.stdin:
        waiting.append(Child(arguments, json.loads(line)))
        if len(waiting) == AT_ONCE:
            print(json.dumps(waiting.pop(0).measured()), flush=True)
    for child in waiting:
        print(json.dumps(child.measured()), flush=True)


def peak_bytes() -> int:
    """Of this process since it was started; getrusage would count what it was started from."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def run_all(arguments: list[str]) -> None:
    """Answer every subject of standard input, in order, from this process."""
    for line in sys.stdin:
        subject = json.loads(line)
        out, error = io.StringIO(), io.StringIO()
        start = time.process_time()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            status = exit_status([*arguments, subject])
        answer = {
            "subject": subject,
            "status": status,
            "stdout": out.getvalue(),
            "stderr": error.getvalue(),
            "cpu_seconds": time.process_time() - start,
            "peak_bytes": peak_bytes(),
            "imported": imported(),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    {"each": run_each, "all": run_all}[sys.argv[1]](sys.argv[2:])
