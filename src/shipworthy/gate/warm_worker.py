"""A process that has imported what measuring needs, and forks one worker a request.

Run as `python -m shipworthy.gate.warm_worker PROCESSOR MODULE...`. Per line of JSON on standard input
(`request`, `output`, `log`) it writes `{"pid": …}` and, when that worker has ended, `{"code": …}`. It
computes nothing itself: a library that had started threads here would not have them in a fork.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn


def main() -> None:
    """Import, then fork a worker for each request until standard input ends."""
    os.sched_setaffinity(0, {int(sys.argv[1])})
    for name in ("shipworthy.gate.worker", *sys.argv[2:]):
        import_module(name)
    ended = None
    for line in sys.stdin.buffer:
        if ended is not None:
            os.waitpid(ended, 0)
        ended = _fork(json.loads(line))
        _say(pid=ended)
        # It stays a zombie until the next request: whoever kills it late must not hit a number used again.
        found = os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
        assert found is not None
        _say(code=found.si_status if found.si_code == os.CLD_EXITED else -found.si_status)


def _say(**message: int) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _fork(asked: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _work(asked)
    return pid


def _work(asked: dict[str, Any]) -> NoReturn:
    """What a fresh worker does: its own session, its log, its answer, its code."""
    code = 1
    try:
        os.setsid()
        log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for standard, stream in enumerate((nothing, log, log)):
            os.dup2(stream, standard)
        from .worker import work

        work(asked["request"], Path(asked["output"]))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
