"""python_syntax@1: whether functions that were begun are continued as valid Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...exact_interval import exact_interval
from ..probe import DATA_REFERENCE, Probe, Quantity
from .evaluation_run import (
    COUNT,
    PARAMETERS,
    QUANTITIES,
    SHA256,
    raw_schema,
    settings_of,
    stopped_otherwise,
    too_long,
)

LEVEL = 0.95
_STATUSES = ("valid", "incomplete", "invalid", "refused", "died")


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Counts over the prompts of one run."""
    rows = [row for run in raw["runs"] for row in run["continuations"]]
    wrong = [row["prompt"] for row in rows if not _is_python(row)]
    return {
        **settings_of(raw["runs"]),
        "prompts": len(rows),
        "distinct_prompts": min(
            len({row["prompt"] for row in rows}), len({row["prompt_sha256"] for row in rows})
        ),
        "parsed": sum(row["parsed"] in _STATUSES for row in rows),
        "distinct_continuations": len({row["continuation_sha256"] for row in rows}),
        "empty_continuations": [row["prompt"] for row in rows if row["kept_bytes"] == 0],
        "tokens_over_limit": too_long(raw["runs"], "continuations", "prompt"),
        "stopped_otherwise": stopped_otherwise(raw["runs"], "continuations", "prompt"),
        "syntax_errors": len(wrong),
        "syntax_errors_in": wrong,
        "syntax_error_percent": _interval(len(wrong), len(rows)) if rows else None,
    }


def _is_python(row: Mapping[str, Any]) -> bool:
    """Only what the token limit has cut may be incomplete."""
    return bool(row["parsed"] == "valid" or (row["parsed"] == "incomplete" and row["stopped"] == "length"))


def _interval(wrong: int, rows: int) -> dict[str, Any]:
    low, high = exact_interval(wrong, rows, LEVEL)
    return {"low": 100 * low, "high": 100 * high, "level": LEVEL, "n": rows, "unit": "%"}


PROBE = Probe(
    name="python_syntax@1",
    description=(
        "Continues each prompt greedily up to the first line at the margin, where the function ends, and "
        "has CPython parse prompt and continuation in a child process; nothing is run. Of one that the "
        "token limit cut, the last line is left out, and the rest may be incomplete."
    ),
    parameters={"prompts": DATA_REFERENCE, **PARAMETERS},
    quantities={
        **QUANTITIES,
        "prompts": Quantity("integer", "prompts that were continued", minimum=0),
        "distinct_prompts": Quantity("integer", "of these, different ones, by id and by text", minimum=0),
        "parsed": Quantity("integer", "continuations of which the parser said something", minimum=0),
        "distinct_continuations": Quantity("integer", "different continuations", minimum=0),
        "empty_continuations": Quantity(
            "array", "prompts behind which nothing that is kept was written", items="string", among="prompts"
        ),
        "tokens_over_limit": Quantity(
            "array", "prompts with more tokens than the limit", items="string", among="prompts"
        ),
        "stopped_otherwise": Quantity(
            "array",
            "prompts whose continuation ended at no stop, end or limit",
            items="string",
            among="prompts",
        ),
        "syntax_errors": Quantity(
            "integer", "continuations that are no Python, or broke the parser", minimum=0, among="prompts"
        ),
        "syntax_errors_in": Quantity("array", "their prompts", items="string", among="prompts"),
        "syntax_error_percent": Quantity(
            "interval", "exact 95 % interval, as of prompts drawn", unit="%", minimum=0, maximum=100
        ),
    },
    raw_schema=raw_schema(
        "continuations",
        {
            "type": "object",
            "required": [
                "prompt", "prompt_sha256", "continuation_sha256", "tokens", "stopped", "kept_bytes", "parsed",
            ],
            "additionalProperties": False,
            "properties": {
                "prompt": {"type": "string"},
                "prompt_sha256": SHA256,
                "continuation_sha256": SHA256,
                "tokens": COUNT,
                "stopped": {"type": "string"},
                "kept_bytes": COUNT,
                "parsed": {"type": "string"},
            },
        },
        python={"type": "string"},
    ),
    summarize=summarize,
)  # fmt: skip
