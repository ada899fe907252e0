"""human_eval@1: HumanEval pass@1, greedy, every program run in isolation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity
from .evaluation_run import PARAMETERS
from .human_eval_runs import (
    RAW_SCHEMA,
    RUN_QUANTITIES,
    interval_of,
    percent_solved,
    quantities_of_runs,
)


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """pass@1 of one run; of none or several there is no figure."""
    runs = raw["runs"]
    one = runs[0] if len(runs) == 1 else None
    return {
        **quantities_of_runs(runs),
        "process": "" if one is None else one["process"],
        "pass_at_1_percent": None if one is None else percent_solved(one),
        "pass_at_1_interval": None if one is None else interval_of(one),
    }


PROBE = Probe(
    name="human_eval@1",
    description=(
        "Continues each HumanEval prompt greedily, ends the completion where the function ends, and runs it "
        "with the problem's tests in a child process that is isolated and has limits."
    ),
    parameters={"samples": {"const": 1}, **PARAMETERS},
    quantities={
        **RUN_QUANTITIES,
        "process": Quantity("string", "the process that measured it, by number and a random token"),
        "pass_at_1_percent": Quantity(
            "number", "problems solved, of all 164", unit="%", minimum=0, maximum=100
        ),
        "pass_at_1_interval": Quantity(
            "interval", "exact 95 % interval, as of problems drawn", unit="%", minimum=0, maximum=100
        ),
    },
    raw_schema=RAW_SCHEMA,
    summarize=summarize,
)
