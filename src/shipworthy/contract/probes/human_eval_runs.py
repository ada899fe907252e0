"""What runs of HumanEval come to: every problem once, each program run in isolation, and how it ended."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from ...exact_interval import exact_interval
from ..probe import Quantity
from .evaluation_run import (
    COUNT,
    QUANTITIES,
    SHA256,
    Run,
    agreed,
    raw_schema,
    settings_of,
    stopped_otherwise,
    too_long,
)

TASKS = tuple(f"HumanEval/{number}" for number in range(164))
LEVEL = 0.95
_PASSED = "completed"
_NOTHING = sha256(b"").hexdigest()
_TO_STOP = 5.0
"""Seconds that stopping a program may take on a busy machine, beyond the limit."""
_RAN = frozenset({_PASSED, "failed", "killed", "timeout", "output"})

RAW_SCHEMA = raw_schema(
    "attempts",
    {
        "type": "object",
        "required": ["task_id", "completion_sha256", "tokens", "stopped", "ended", "passed", "seconds"],
        "additionalProperties": False,
        "properties": {
            "task_id": {"type": "string"},
            "completion_sha256": SHA256,
            "tokens": COUNT,
            "stopped": {"type": "string"},
            "ended": {"type": "string"},
            "passed": {"type": "boolean"},
            "seconds": {"type": ["number", "null"]},
        },
    },
    started={"type": "string"},
    problems_sha256=SHA256,
    samples={"type": "integer", "minimum": 1},
    isolated={"type": "boolean"},
    seconds_limit={"type": "number", "exclusiveMinimum": 0},
)

RUN_QUANTITIES: Mapping[str, Quantity] = {
    **QUANTITIES,
    "problems_sha256": Quantity("string", "SHA-256 of the problems' text; mixed if runs differ"),
    "samples": Quantity("integer", "attempts at each problem; 0 where runs differ", minimum=0),
    "problems": Quantity(
        "integer",
        "problems of HumanEval that every run attempted exactly once",
        minimum=0,
        maximum=len(TASKS),
    ),
    "attempts": Quantity("integer", "rows of every run; 0 where runs differ", minimum=0),
    "executed": Quantity(
        "integer", "of these, those whose program ran to an end in every run", minimum=0, maximum=len(TASKS)
    ),
    "isolated": Quantity(
        "boolean", "in every run each program was seen to begin in isolation, the kernel's word for it"
    ),
    "dated": Quantity("boolean", "every run says at which moment it began, with its offset from UTC"),
    "contradictions": Quantity(
        "array",
        "problems said to have passed, or not, against how they ended",
        items="string",
        among="problems",
    ),
    "distinct_completions": Quantity("integer", "different completions, in the run with fewest", minimum=0),
    "empty_solved": Quantity(
        "array", "problems solved by a completion of nothing", items="string", among="problems"
    ),
    "tokens_over_limit": Quantity(
        "array", "problems with more tokens than the limit", items="string", among="problems"
    ),
    "stopped_otherwise": Quantity(
        "array",
        "problems whose completion ended at no stop, end or limit",
        items="string",
        among="problems",
    ),
    "seconds_limit": Quantity("number", "what a program had; 0 where runs differ", unit="s", minimum=0),
    "over_time": Quantity(
        "array",
        f"problems whose program took {_TO_STOP:g} seconds more than that",
        items="string",
        among="problems",
    ),
    "distinct_times": Quantity("integer", "different times of programs, in the run with fewest", minimum=0),
    "times_vary": Quantity("boolean", "in every run the programs did not all take the same time"),
    "finite": Quantity("boolean", "every time is a finite number that is not negative, and there is one"),
}


def quantities_of_runs(runs: Sequence[Run]) -> dict[str, Any]:
    """The quantities of RUN_QUANTITIES."""
    once = [attempted_once(run) for run in runs]
    shared = set(TASKS).intersection(*once) if once else set()
    times = [[attempt["seconds"] for attempt in run["attempts"]] for run in runs]
    return {
        **settings_of(runs),
        "problems_sha256": agreed([run["problems_sha256"] for run in runs], "mixed"),
        "samples": agreed([run["samples"] for run in runs], 0),
        "problems": len(shared),
        "attempts": agreed([len(run["attempts"]) for run in runs], 0),
        "executed": sum(all(rows[task]["ended"] in _RAN for rows in once) for task in shared),
        "isolated": bool(runs) and all(run["isolated"] for run in runs),
        "dated": bool(runs) and all(moment(run["started"]) is not None for run in runs),
        "contradictions": [
            task
            for task in TASKS
            if any(attempt["passed"] != solved(attempt) for run in runs for attempt in _of(run, task))
        ],
        "distinct_completions": min(
            (len({attempt["completion_sha256"] for attempt in run["attempts"]}) for run in runs), default=0
        ),
        "empty_solved": [
            attempt["task_id"] for run in runs for attempt in run["attempts"] if _by_nothing(attempt)
        ],
        "tokens_over_limit": too_long(runs, "attempts", "task_id"),
        "stopped_otherwise": stopped_otherwise(runs, "attempts", "task_id"),
        "seconds_limit": agreed([run["seconds_limit"] for run in runs], 0),
        "over_time": [
            attempt["task_id"]
            for run in runs
            for attempt in run["attempts"]
            if _is_time(attempt["seconds"]) and attempt["seconds"] > run["seconds_limit"] + _TO_STOP
        ],
        "times_vary": bool(times) and all(len(set(run)) > 1 for run in times),
        "distinct_times": min((len(set(run)) for run in times), default=0),
        "finite": bool(times) and all(run and all(map(_is_time, run)) for run in times),
    }


def moment(text: str) -> datetime | None:
    """A moment, or None of what is none, or has no offset from UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.utcoffset() is None else found


def attempted_once(run: Run) -> dict[str, Mapping[str, Any]]:
    """By id, the attempts at problems of HumanEval that stand in the run exactly once."""
    counted = Counter(attempt["task_id"] for attempt in run["attempts"])
    rows = {attempt["task_id"]: attempt for attempt in run["attempts"]}
    return {task: rows[task] for task in TASKS if counted[task] == 1}


def solved(attempt: Mapping[str, Any]) -> bool:
    """Whether the program ran to its last line; what a receipt says of itself counts for nothing."""
    return bool(attempt["ended"] == _PASSED)


def percent_solved(run: Run) -> float:
    """pass@1 in percent of all problems, attempted or not."""
    return 100.0 * sum(map(solved, attempted_once(run).values())) / len(TASKS)


def interval_of(run: Run) -> dict[str, Any]:
    """The exact interval of pass@1, in percent, as of problems drawn at random."""
    low, high = exact_interval(sum(map(solved, attempted_once(run).values())), len(TASKS), LEVEL)
    return {"low": 100 * low, "high": 100 * high, "level": LEVEL, "n": len(TASKS), "unit": "%"}


def _of(run: Run, task: str) -> list[Mapping[str, Any]]:
    return [attempt for attempt in run["attempts"] if attempt["task_id"] == task]


def _by_nothing(attempt: Mapping[str, Any]) -> bool:
    return solved(attempt) and (attempt["tokens"] == 0 or attempt["completion_sha256"] == _NOTHING)


def _is_time(seconds: Any) -> bool:
    return seconds is not None and math.isfinite(seconds) and seconds >= 0
