"""human_eval_drift@1: how far HumanEval pass@1 is from what a baseline of another day had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..probe import Probe, Quantity
from .evaluation_run import COUNT, PARAMETERS, SHA256
from .human_eval_runs import RAW_SCHEMA, RUN_QUANTITIES, moment, percent_solved, quantities_of_runs

_DAY = 86_400.0


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The distance of one run to the baseline; of none or several there is none."""
    runs, before = raw["runs"], raw["baseline"]
    one = runs[0] if len(runs) == 1 else None
    now, then = None if one is None else percent_solved(one), before["pass_at_1_percent"]
    return {
        **quantities_of_runs(runs),
        "pass_at_1_percent": now,
        "baseline_problems": before["problems"],
        "baseline_percent": then,
        "same_subject": bool(runs) and before["subject_sha256"] == raw["subject_sha256"],
        "same_run": any(run["process"] == before["process"] for run in runs),
        "days_apart": None if one is None else _days(before["started"], one["started"]),
        "drift_percentage_points": None if now is None or then is None else abs(now - then),
    }


def _days(before: str, after: str) -> float | None:
    """Days of 24 hours from one moment to the other; None where the run's is none, or either has no offset.

    Raises ValueError of a baseline's that is none: it is no part of the receipt, and is broken.
    """
    then, now = datetime.fromisoformat(before), moment(after)
    if now is None or then.utcoffset() is None:
        return None
    return (now - then).total_seconds() / _DAY


PROBE = Probe(
    name="human_eval_drift@1",
    description=(
        "Runs HumanEval as human_eval@1 does and holds pass@1 against the human_eval@1 of a baseline with "
        "the same parameters. Days are of 24 hours, from the start of its dispatch to that of this run."
    ),
    parameters={"samples": {"const": 1}, **PARAMETERS},
    quantities={
        **RUN_QUANTITIES,
        "pass_at_1_percent": Quantity("number", "problems solved now", unit="%", minimum=0, maximum=100),
        "baseline_problems": Quantity("integer", "problems that the baseline attempted", minimum=0),
        "baseline_percent": Quantity("number", "problems it solved", unit="%", minimum=0, maximum=100),
        "same_subject": Quantity("boolean", "the baseline is of the same checkpoint, by digest"),
        "same_run": Quantity("boolean", "the run is the baseline's own"),
        "days_apart": Quantity("number", "days between the two; below 0 where the baseline is later"),
        "drift_percentage_points": Quantity(
            "number", "distance of the two figures", unit="pp", minimum=0, maximum=100
        ),
    },
    raw_schema={
        **RAW_SCHEMA,
        "required": ["runs", "baseline", "subject_sha256"],
        "properties": {
            **RAW_SCHEMA["properties"],
            "subject_sha256": SHA256,
            "baseline": {
                "type": "object",
                "required": ["started", "subject_sha256", "process", "problems", "pass_at_1_percent"],
                "additionalProperties": False,
                "properties": {
                    "bundle": {"type": "string"},
                    "started": {"type": "string"},
                    "subject_sha256": SHA256,
                    "process": {"type": "string"},
                    "problems": COUNT,
                    "pass_at_1_percent": {"type": ["number", "null"]},
                },
            },
        },
    },
    summarize=summarize,
    artifacts=frozenset({"baseline"}),
)
