"""human_eval_repeats@1: whether runs of HumanEval give the same completions and the same results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..probe import Probe, Quantity
from .evaluation_run import PARAMETERS
from .human_eval_runs import RAW_SCHEMA, RUN_QUANTITIES, TASKS, attempted_once, quantities_of_runs, solved

Attempts = Mapping[str, Mapping[str, Any]]


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What differs, by problem. A problem that a run has not exactly once differs."""
    runs = [attempted_once(run) for run in raw["runs"]]
    return {
        **quantities_of_runs(raw["runs"]),
        "completions_differ": _differ(runs, lambda attempt: attempt["completion_sha256"]),
        "results_differ": _differ(runs, solved),
        "times_differ": len({_times(run) for run in raw["runs"]}) == len(raw["runs"]) > 0,
    }


def _times(run: Mapping[str, Any]) -> tuple[Any, ...]:
    """Taken to the microsecond: no two runs have the same, in whatever order."""
    return tuple(sorted(str(attempt["seconds"]) for attempt in run["attempts"]))


def _differ(runs: Sequence[Attempts], what: Callable[[Mapping[str, Any]], Any]) -> list[str]:
    return [
        task
        for task in TASKS
        if any(task not in run for run in runs) or len({what(run[task]) for run in runs}) != 1
    ]


PROBE = Probe(
    name="human_eval_repeats@1",
    description="Runs HumanEval as human_eval@1 does, each time in a fresh process, and compares by problem.",
    parameters={"runs": {"type": "integer", "minimum": 2, "maximum": 10}, **PARAMETERS},
    quantities={
        **RUN_QUANTITIES,
        "completions_differ": Quantity(
            "array",
            "problems whose completion is not the same in every run",
            items="string",
            among="problems",
        ),
        "results_differ": Quantity(
            "array", "problems that are not solved, or not, in every run", items="string", among="problems"
        ),
        "times_differ": Quantity("boolean", "no run's programs took the times of another's"),
    },
    raw_schema=RAW_SCHEMA,
    summarize=summarize,
    samples=frozenset({"runs"}),
)
