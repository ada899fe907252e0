"""Workers that are forked from a warm process, for the hundreds of short measurements of `falsify`.

Each measurement still is a process of its own, with its own limits; what it is spared is the start of Python
and the import of torch. A dispatch never uses these: it measures in fresh processes.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

from .worker_client import worker_environment


class WarmWorkers:
    """Warm processes, started as they are needed, each on a processor of its own. A context manager.

    `modules` are what they import before the first measurement.
    """

    def __init__(self, modules: Iterable[str] = ()) -> None:
        self._modules = tuple(dict.fromkeys(modules))
        self._idle: SimpleQueue[_Warm] = SimpleQueue()
        self._processors = sorted(os.sched_getaffinity(0))
        self._numbers = count()

    def start(self, request: Mapping[str, Any], output: Path, log: Path) -> WarmWorker:
        """A worker on one request; any thread may ask."""
        log.touch()
        try:
            warm = self._idle.get_nowait()
        except Empty:
            processor = self._processors[next(self._numbers) % len(self._processors)]
            warm = _Warm(processor, self._modules, log)
        return WarmWorker(
            warm, self._idle, {"request": dict(request), "output": str(output), "log": str(log)}
        )

    def __enter__(self) -> WarmWorkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while not self._idle.empty():
            self._idle.get().close()


class _Warm:
    """One warm process and its two pipes.

    What it says is read unbuffered: a line that lay in a buffer would not show in `said`, and a worker that
    had ended before its number was read would be waited for up to its limit.
    """

    def __init__(self, processor: int, modules: Sequence[str], log: Path) -> None:
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "shipworthy.gate.warm_worker", str(processor), *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=worker_environment(),
                start_new_session=True,
                bufsize=0,
            )

    def ask(self, message: Mapping[str, Any]) -> int | None:
        """The number of the worker that was forked, or None where the warm process is gone."""
        assert self.process.stdin is not None
        left = memoryview(json.dumps(message).encode() + b"\n")
        try:
            while left:
                left = left[self.process.stdin.write(left) :]
        except BrokenPipeError:
            return None
        return self.answer("pid")

    def answer(self, key: str) -> int | None:
        """The next thing it says; None where it is gone."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line)[key] if line.endswith(b"\n") else None

    def said(self) -> bool:
        """Whether there is something to read: an answer, or its end."""
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def close(self) -> int:
        """End it, and return its code, which is never 0."""
        self.process.kill()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait() or 1


class WarmWorker:
    """One forked worker, as `subprocess.Popen` would show it."""

    def __init__(self, warm: _Warm, idle: SimpleQueue[_Warm], message: Mapping[str, Any]) -> None:
        self._warm = warm
        self._idle = idle
        self.returncode: int | None = None
        forked = warm.ask(message)
        self.pid = warm.process.pid if forked is None else forked
        if forked is None:
            self.returncode = warm.close()

    def poll(self) -> int | None:
        """Its code once it has ended."""
        return self.wait() if self.returncode is None and self._warm.said() else self.returncode

    def wait(self) -> int:
        """Wait for its end. The warm process is then free for the next."""
        if self.returncode is None:
            code = self._warm.answer("code")
            if code is None:
                self.returncode = self._warm.close()
            else:
                self.returncode = code
                self._idle.put(self._warm)
        return self.returncode
