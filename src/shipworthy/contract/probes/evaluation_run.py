"""What the receipts of evaluations have in common: in which process, with what and where a run was made.

Raw is `{"runs": [...]}`; a run states process, engine, device, where parameters and cache were seen to lie,
dtype, temperature and the token limit, beside the rows of its own suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..probe import Quantity

Run = Mapping[str, Any]
_STOPPED = frozenset({"stop", "eos", "length"})

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "seed": {"type": "integer", "minimum": 0},
    "max_tokens": {"type": "integer", "minimum": 1, "maximum": 8192},
    "engine": {"enum": ["torch", "llama.cpp"]},
    "device": {"enum": ["cpu", "cuda"]},
    "dtype": {"enum": ["f32", "f16", "bf16"]},
}

QUANTITIES: Mapping[str, Quantity] = {
    "runs": Quantity("integer", "runs measured", minimum=0),
    "processes": Quantity("integer", "distinct processes that measured them", minimum=0),
    "engine": Quantity("string", "what decoded in every run; mixed if they differ"),
    "device": Quantity("string", "what every run says it ran on; mixed if they differ"),
    "device_proven": Quantity("boolean", "in every run parameters and cache were seen on that device"),
    "dtype": Quantity("string", "dtype of every run; mixed if they differ"),
    "threads": Quantity("integer", "threads that every run decoded with; 0 where runs differ", minimum=0),
    "greedy": Quantity("boolean", "every run took the likeliest token"),
    "max_tokens": Quantity("integer", "the most tokens of a completion; 0 where runs differ", minimum=0),
}


def settings_of(runs: Sequence[Run]) -> dict[str, Any]:
    """The quantities of QUANTITIES."""
    return {
        "runs": len(runs),
        "processes": len({run["process"] for run in runs}),
        "engine": agreed([run["engine"] for run in runs], "mixed"),
        "device": agreed([run["device"] for run in runs], "mixed"),
        "device_proven": bool(runs)
        and all(run["device"] == run["parameters_on"] == run["cache_on"] for run in runs),
        "dtype": agreed([run["dtype"] for run in runs], "mixed"),
        "threads": agreed([run["threads"] for run in runs], 0),
        "greedy": bool(runs) and all(run["temperature"] == 0 for run in runs),
        "max_tokens": agreed([run["max_tokens"] for run in runs], 0),
    }


def too_long(runs: Sequence[Run], rows: str, name: str) -> list[str]:
    """Rows with more tokens than the run's limit admits, by what `name` says."""
    return [row[name] for run in runs for row in run[rows] if row["tokens"] > run["max_tokens"]]


def stopped_otherwise(runs: Sequence[Run], rows: str, name: str) -> list[str]:
    """Rows that ended at nothing at which decoding ends, by what `name` says."""
    return [row[name] for run in runs for row in run[rows] if row["stopped"] not in _STOPPED]


def agreed(values: Sequence[Any], otherwise: Any) -> Any:
    """What all values are, or `otherwise`."""
    return values[0] if values and all(value == values[0] for value in values) else otherwise


def raw_schema(rows: str, row: Mapping[str, Any], **stated: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of raw: runs, whose rows stand under `rows`, and what else a run or raw itself states."""
    text = {"type": "string"}
    run = {
        "process": text,
        "engine": text,
        "device": text,
        "parameters_on": text,
        "cache_on": text,
        "dtype": text,
        "threads": {"type": "integer", "minimum": 1},
        "temperature": {"type": "number"},
        "max_tokens": {"type": "integer", "minimum": 1},
        **stated,
        rows: {"type": "array", "items": row},
    }
    every = {"type": "object", "required": list(run), "additionalProperties": False, "properties": run}
    return {
        "type": "object",
        "required": ["runs"],
        "additionalProperties": False,
        "properties": {"runs": {"type": "array", "items": every}},
    }


SHA256: Mapping[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 0}
