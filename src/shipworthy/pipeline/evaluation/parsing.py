"""Whether a text is Python by the grammar of the interpreter that runs us, looked at in a child process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

from ...canonical import strict_loads

Status = Literal["valid", "incomplete", "invalid", "refused", "died"]
STATUSES: tuple[Status, ...] = ("valid", "incomplete", "invalid", "refused", "died")
_SECONDS = 20.0
_MEMORY_BYTES = 1 << 30
_LONGEST_ERROR = 200


@dataclass(frozen=True)
class Parsed:
    """What the parser said. incomplete: right so far, and more must follow. refused: it raised something
    else than a SyntaxError (RecursionError, MemoryError). died: it was killed, or took longer than 20 s."""

    status: Status
    error: str


def parse(source: str, *, may_go_on: bool = False) -> Parsed:
    """Parse and compile Python source without running any of it.

    With `may_go_on` a text that more may follow is incomplete; otherwise it is invalid.
    """
    request = {"source": source, "may_go_on": may_go_on, "memory_bytes": _MEMORY_BYTES}
    program = files(__package__).joinpath("parser_child.py").read_text(encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=_SECONDS,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Parsed("died", f"took longer than {_SECONDS:g} s")
    if done.returncode != 0:
        return Parsed("died", f"ended with code {done.returncode}")
    found = strict_loads(done.stdout)
    return Parsed(found["status"], found["error"][:_LONGEST_ERROR])
