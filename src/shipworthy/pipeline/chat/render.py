"""Renders conversations in a child process and takes whatever it answers, or how it died."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...errors import ShipworthyError
from ..child_limits import child_environment
from ..redact import redact
from .conversation import Conversation

_START_SECONDS = 60.0
"""What the start of the child may take, on a busy machine too, before the template's own time begins."""
_END_SECONDS = 5.0
"""What a child may take to die once it has closed its end of the pipe."""
_CHUNK = 1 << 16
_ESCAPED = 12
"""The most bytes of ASCII JSON that a character takes, a pair of surrogates."""
_LINE = 4096
_DIED = {signal.SIGXCPU: "template-timeout", signal.SIGKILL: "template-killed"}


@dataclass(frozen=True)
class ChatLimits:
    """Of all conversations of one call: seconds of processor time and on the clock, bytes of memory; and the
    largest template and rendering, in bytes of UTF-8."""

    processor_seconds: int = 2
    seconds: float = 60.0
    memory_bytes: int = 1 << 28
    output_bytes: int = 1 << 20
    template_bytes: int = 1 << 20


@dataclass(frozen=True)
class Rendering:
    """The text of one conversation, or `error`: a code and what happened."""

    text: str | None
    error: str = ""


@dataclass(frozen=True)
class Rendered:
    """A rendering per conversation, in order; `network` is "cut" or "open: REASON", `sandbox` and `jinja2`
    the class and the version of what rendered. All three are empty where no child was started."""

    renderings: tuple[Rendering, ...]
    network: str
    sandbox: str
    jinja2: str


class ChatSandboxBroken(ShipworthyError):
    """The child did not come up; nothing is known of the template."""

    exit_code = 1


_DEFAULT = ChatLimits()


def render(
    template: str,
    conversations: Sequence[Conversation],
    *,
    special_tokens: Mapping[str, str],
    limits: ChatLimits = _DEFAULT,
) -> Rendered:
    """Render each conversation with the template. Whatever a template does becomes the error of a rendering.

    Raises ChatSandboxBroken where the child cannot be started.
    """
    if len(template) > limits.template_bytes:
        error = f"template-too-large: has {len(template)} characters, more than {limits.template_bytes}"
        return Rendered((Rendering(None, error),) * len(conversations), "", "", "")
    request = {
        "template": template,
        "conversations": [asdict(one) for one in conversations],
        "special_tokens": dict(special_tokens),
        "limits": asdict(limits),
    }
    with _Child(request) as child:
        ready = child.line(_START_SECONDS, _LINE)
        if ready is None or ready.get("kind") != "ready":
            message = f"the process that renders chat templates did not start: {child.end()}"
            raise ChatSandboxBroken("chat-sandbox-broken", message)
        return Rendered(
            tuple(_renderings(child, len(conversations), limits)),
            str(ready["network"]),
            str(ready["sandbox"]),
            str(ready["jinja2"]),
        )


def _renderings(child: _Child, count: int, limits: ChatLimits) -> list[Rendering]:
    """What the child answers, and for the rest of the conversations how it died."""
    deadline = time.monotonic() + limits.seconds
    found: list[Rendering] = []
    while len(found) < count:
        answer = child.line(deadline - time.monotonic(), limits.output_bytes * _ESCAPED + _LINE)
        if answer is None:
            return found + [Rendering(None, child.end())] * (count - len(found))
        if answer.get("kind") == "rendering" and isinstance(answer.get("text"), str):
            found.append(Rendering(answer["text"]))
        else:
            found.append(Rendering(None, f"{answer.get('code')}: {answer.get('message')}"))
    return found


class _Child:
    """A running child with one request. Nothing of it outlives the `with` block."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._kept = b""
        self._problem = ""
        with tempfile.TemporaryFile() as stdin:
            stdin.write(json.dumps(request).encode())
            stdin.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "shipworthy.pipeline.chat.child"],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env=child_environment(1),
                start_new_session=True,
            )

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def line(self, seconds: float, most: int) -> dict[str, Any] | None:
        """The next answer, or None: it took too long, is too long, is no answer, or the child has died."""
        assert self._process.stdout is not None
        deadline, pipe = time.monotonic() + seconds, self._process.stdout.fileno()
        while b"\n" not in self._kept:
            if len(self._kept) > most:
                return self._give_up("template-output: answers without end")
            if not select.select([pipe], [], [], max(deadline - time.monotonic(), 0.0))[0]:
                return self._give_up("template-timeout: took too long on the clock and was killed")
            if not (piece := os.read(pipe, _CHUNK)):
                return None
            self._kept += piece
        line, _, self._kept = self._kept.partition(b"\n")
        with contextlib.suppress(ValueError, RecursionError):
            if isinstance(answer := json.loads(line), dict):
                return answer
        return self._give_up("template-answer: the child answered with what is none")

    def end(self) -> str:
        """How it ended: a code, and the signal or the last thing that it said. One that goes on is killed."""
        try:
            returncode = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._give_up("template-answer: the child went on and answered no more")
        if self._problem:
            return self._problem
        if returncode < 0:
            died = signal.Signals(-returncode)
            code = _DIED.get(died, "template-crashed")
            return f"{code}: the child died of {died.name}"
        assert self._process.stderr is not None
        said = redact(os.read(self._process.stderr.fileno(), _CHUNK)).decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(said) if line.strip()), "it said nothing")
        return f"template-crashed: the child ended with code {returncode}: {last[:_LINE]}"

    def _give_up(self, problem: str) -> dict[str, Any] | None:
        self._problem = problem
        self._kill()
        return None

    def _kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
