"""Python validity: a function that was begun is continued, and what was written is parsed, never run.

The continuation ends where the function does, at the first line at the margin. Where the token limit cut it,
its last line is left out and what remains may be incomplete: a cut is no SyntaxError. What is wrong before
that line is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...canonical import sha256_json
from ...exact_interval import exact_interval
from ..engines import Opened
from ..sampling import Sampling
from .continuation import Continued, Continuer, without_end
from .function_end import function_end
from .kept import typed
from .parsing import Parsed, parse

LEVEL = 0.95


@dataclass(frozen=True)
class Prompt:
    """The beginning of a function, under the name by which a row is found again."""

    id: str
    text: str


@dataclass(frozen=True)
class Continuation:
    """What one prompt was continued by.

    `continuation` is all that was generated up to the function's end, `kept` how many of its characters were
    parsed, behind the prompt; `parsed` is what the parser said of them.
    """

    name: str
    continuation: str
    tokens: int
    stopped: str
    kept: int
    parsed: str
    error: str

    @property
    def empty(self) -> bool:
        """Whether nothing but white space was kept."""
        return not self.continuation[: self.kept].strip()

    @property
    def valid(self) -> bool:
        """Whether what was kept is Python, or could go on to be where the limit cut it."""
        return self.parsed == "valid" or (self.parsed == "incomplete" and self.stopped == "length")

    @property
    def said(self) -> str:
        """How a line of progress puts it."""
        return "empty" if self.empty else self.parsed

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return asdict(self)


class PythonSyntax:
    """The suite of these prompts."""

    name = "python-syntax"

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        self._prompts = tuple(prompts)

    def settings(self) -> dict[str, Any]:
        """What decides the result beside the checkpoint."""
        return {"prompts_sha256": sha256_json([asdict(prompt) for prompt in self._prompts])}

    def __len__(self) -> int:
        return len(self._prompts)

    def rows(
        self, opened: Opened, max_tokens: int, sampling: Sampling, known: Mapping[str, Continuation]
    ) -> Iterator[Continuation]:
        """Every prompt once, in order, as it is done; one that is `known` is not continued again."""
        continuer = Continuer(opened.engine, opened.tokenizer, max_tokens, sampling)
        for prompt in self._prompts:
            yield known[prompt.id] if prompt.id in known else _continuation(continuer, prompt)

    def read(self, row: Mapping[str, Any]) -> Continuation:
        """A row as it was kept."""
        return typed(Continuation, row)

    def summary(self, rows: Sequence[Continuation]) -> dict[str, Any]:
        """The figure. Raises ValueError where a prompt is there twice, or none is."""
        if len({row.name for row in rows}) != len(rows):
            raise ValueError("a prompt was continued twice")
        wrong = [row.name for row in rows if not row.valid]
        low, high = exact_interval(len(wrong), len(rows), LEVEL)
        return {
            "prompts": len(rows),
            "empty_continuations": [row.name for row in rows if row.empty],
            "syntax_errors": wrong,
            "valid": 1 - len(wrong) / len(rows),
            "interval": {"low": 1 - high, "high": 1 - low, "level": LEVEL, "n": len(rows), "unit": "1"},
        }


def _continuation(continuer: Continuer, prompt: Prompt) -> Continuation:
    asked = without_end(prompt.text)

    def ends(written: str) -> int | None:
        end = function_end(asked + written, len(asked))
        return None if end is None else end - len(asked)

    done = continuer(asked, ends)
    parsed, kept = judged(asked, done)
    return Continuation(
        name=prompt.id,
        continuation=done.text,
        tokens=done.tokens,
        stopped=done.stopped,
        kept=kept,
        parsed=parsed.status,
        error=parsed.error,
    )


def judged(prompt: str, done: Continued) -> tuple[Parsed, int]:
    """What the parser says of prompt and continuation, and how much of the continuation it was shown."""
    cut = done.stopped == "length"
    kept = max(done.text.rfind("\n"), done.text.rfind("\r")) + 1 if cut else len(done.text)
    return parse(prompt + done.text[:kept], may_go_on=cut), kept
