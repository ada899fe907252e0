"""One child process that runs llama.cpp: its start, its frames, its limits and its end."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from shipworthy.errors import ShipworthyError, display_path

from ..child_limits import Limits, child_environment
from ..redact import redact
from .frames import read_frame

_LOG_BYTES = 4 << 20
_PIPE_BYTES = 1 << 20
_F_SETPIPE_SZ = 1031

Frame = tuple[dict[str, Any], npt.NDArray[np.uint8]]


class LlamaCppError(ShipworthyError):
    """llama.cpp did not do what was asked; `stderr` holds its last lines, without paths."""

    exit_code = 4

    def __init__(self, code: str, message: str, *, gguf: Path, stderr: tuple[str, ...] = ()) -> None:
        super().__init__(code, message, where=display_path(gguf))
        self.stderr = stderr


class LlamaCppRefused(LlamaCppError):
    """llama.cpp said no and stayed alive: a model that it does not load, or tokens that it cannot decode."""


class LlamaCppCrash(LlamaCppError):
    """The child died, by itself or by a limit; `returncode` is negative for a signal."""

    def __init__(
        self, code: str, message: str, *, gguf: Path, returncode: int, stderr: tuple[str, ...]
    ) -> None:
        super().__init__(code, message, gguf=gguf, stderr=stderr)
        self.returncode = returncode


class Child:
    """A running child that was given one request. A context manager: nothing of it outlives the block."""

    def __init__(
        self, request: dict[str, Any], *, gguf: Path, log: Path, limits: Limits, threads: int
    ) -> None:
        self.gguf = gguf
        self._limits = limits
        self._waited = 0.0
        self._last_lines: deque[str] = deque(maxlen=20)
        message = {
            **request,
            # A bare name, because the child starts in the file's directory: no path enters its log.
            "gguf": gguf.name,
            "threads": threads,
            "limits": asdict(limits),
        }
        log.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile() as stdin, log.open("wb") as log_stream:
            stdin.write(json.dumps(message).encode())
            stdin.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "shipworthy.pipeline.llama_cpp.child"],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=gguf.absolute().parent,
                env=child_environment(threads),
                start_new_session=True,
            )
            assert self._process.stdout is not None
            assert self._process.stderr is not None
            self._stdout = self._process.stdout.fileno()
            self._drain = threading.Thread(
                target=self._keep_log, args=(self._process.stderr, os.dup(log_stream.fileno())), daemon=True
            )
        with contextlib.suppress(OSError):  # a larger pipe is only faster
            fcntl.fcntl(self._stdout, _F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._stdout, False)
        self._drain.start()

    def frames(self) -> Iterator[Frame]:
        """The child's frames up to its last. Raises LlamaCppCrash when it dies or outstays a limit, and
        LlamaCppRefused when it reports that llama.cpp refused."""
        while True:
            header, payload = self._read()
            if header["kind"] == "end":
                return
            if header["kind"] == "refused":
                self._finish()
                raise LlamaCppRefused(
                    "llama-cpp-refused",
                    f"{header['message']}{self._said()}",
                    gguf=self.gguf,
                    stderr=self.stderr(),
                )
            yield header, payload

    def stderr(self) -> tuple[str, ...]:
        """The last lines of the child's stderr."""
        return tuple(self._last_lines)

    def close(self) -> int:
        """End the child, kill what is left of its group, and return its code."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        return self._finish()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> Frame:
        try:
            return read_frame(self._fill)
        except (ValueError, KeyError) as error:
            self.close()
            raise self._crash("llama-cpp-crashed", f"the llama.cpp child sent {error}") from error

    def _fill(self, buffer: memoryview) -> None:
        while buffer:
            self._wait()
            count = os.readv(self._stdout, [buffer])
            if count == 0:
                returncode = self._finish()
                raise self._crash("llama-cpp-crashed", f"the llama.cpp child died: {_describe(returncode)}")
            buffer = buffer[count:]

    def _wait(self) -> None:
        started = time.monotonic()
        ready = select.select([self._stdout], [], [], max(self._limits.seconds - self._waited, 0.0))[0]
        self._waited += time.monotonic() - started
        if not ready:
            self.close()
            raise self._crash(
                "llama-cpp-timeout",
                f"the llama.cpp child took more than {self._limits.seconds:g} s and was killed",
            )

    def _crash(self, code: str, message: str) -> LlamaCppCrash:
        returncode = self._process.returncode
        return LlamaCppCrash(
            code, message + self._said(), gguf=self.gguf, returncode=returncode, stderr=self.stderr()
        )

    def _said(self) -> str:
        errors = [line for line in self._last_lines if "error" in line.lower() or "assert" in line.lower()]
        line = (errors or list(self._last_lines) or [""])[-1]
        return f": {line}" if line else ""

    def _finish(self) -> int:
        returncode = self._process.wait()
        self._drain.join()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
        return returncode

    def _keep_log(self, stream: IO[bytes], log: int) -> None:
        left = _LOG_BYTES
        with os.fdopen(log, "wb") as out:
            for raw in iter(lambda: stream.readline(1 << 16), b""):
                line = redact(raw)
                self._last_lines.append(line.decode(errors="replace").rstrip())
                if left > 0:
                    out.write(line[:left])
                    left -= len(line)
                    if left <= 0:
                        out.write(b"\n[the rest is left out]\n")
                    out.flush()


def _describe(returncode: int) -> str:
    if returncode >= 0:
        return f"return code {returncode}"
    with contextlib.suppress(ValueError):
        return f"{signal.Signals(-returncode).name} (return code {returncode})"
    return f"return code {returncode}"
