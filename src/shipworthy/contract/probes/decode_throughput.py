"""decode_throughput@1: tokens a second at batch 1, in several fresh processes, from raw samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity


def _rates(run: Mapping[str, Any]) -> list[float]:
    """Tokens a second of each iteration; NaN where a sample cannot be a duration."""
    return [
        sample["tokens"] / sample["seconds"]
        if sample["seconds"] is not None and sample["seconds"] > 0
        else math.nan
        for sample in run["samples"]
    ]


def median_level(n: int) -> float:
    """The confidence that [min, max] of n independent samples covers the median: 1 - 2^(1-n).

    The exact order-statistic interval (David and Nagaraja, Order Statistics, 7.1).
    """
    return 1.0 - 2.0 ** (1 - n)


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The slowest run decides: its interval's low end is the low end, the smallest high end the high one."""
    runs = raw["runs"]
    rates = [_rates(run) for run in runs]
    counts = [len(run["samples"]) for run in runs]
    finite = bool(rates) and all(run and all(math.isfinite(rate) for rate in run) for run in rates)
    seconds = [sample["seconds"] for run in runs for sample in run["samples"]]
    return {
        "runs": len(runs),
        "processes": len({run["process"] for run in runs}),
        "iterations": counts[0] if counts and len(set(counts)) == 1 else 0,
        "tokens": _agreed([sample["tokens"] for run in runs for sample in run["samples"]], 0),
        "device": _agreed([run["device"] for run in runs], "mixed"),
        "device_proven": bool(runs) and all(len(set(_places(run))) == 1 for run in runs),
        "dtype": _agreed([run["dtype"] for run in runs], "mixed"),
        "finite": finite,
        "samples_vary": len(set(seconds)) > 1 and all(len(set(run)) > 1 for run in rates if len(run) > 1),
        "tokens_per_second": {
            "low": min(min(run) for run in rates),
            "high": min(max(run) for run in rates),
            "level": median_level(min(counts)),
            "n": min(counts),
            "unit": "tokens/s",
        }
        if finite
        else None,
    }


def _places(run: Mapping[str, Any]) -> list[str]:
    """Where the run says it was, and where its parameters and cache were seen to lie."""
    return [run["device"], run["parameters_on"], run["cache_on"]]


def _agreed(values: list[Any], otherwise: Any) -> Any:
    return values[0] if values and all(value == values[0] for value in values) else otherwise


_RUN = {
    "type": "object",
    "required": ["process", "device", "parameters_on", "cache_on", "dtype", "threads", "samples"],
    "properties": {
        "process": {"type": "string"},
        "device": {"type": "string"},
        "parameters_on": {"type": "string"},
        "cache_on": {"type": "string"},
        "dtype": {"type": "string"},
        "threads": {"type": "integer", "minimum": 1},
        "samples": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tokens", "seconds"],
                "properties": {
                    "tokens": {"type": "integer", "minimum": 0},
                    "seconds": {"type": ["number", "null"]},
                },
            },
        },
    },
}

PROBE = Probe(
    name="decode_throughput@1",
    description="Decodes at batch 1 after a warm-up, each run in a fresh process on the device asked for.",
    parameters={
        "runs": {"type": "integer", "minimum": 1, "maximum": 20},
        "iterations": {"type": "integer", "minimum": 2, "maximum": 100},
        "max_tokens": {"type": "integer", "minimum": 1, "maximum": 4096},
        "device": {"enum": ["cpu", "cuda"]},
        "dtype": {"enum": ["f32", "f16", "bf16"]},
    },
    quantities={
        "runs": Quantity("integer", "runs measured", minimum=0),
        "processes": Quantity("integer", "distinct processes that measured them", minimum=0),
        "iterations": Quantity("integer", "iterations of every run; 0 where runs differ", minimum=0),
        "tokens": Quantity(
            "integer", "tokens decoded in every iteration; 0 where iterations differ", minimum=0
        ),
        "device": Quantity("string", "what every run says it ran on; mixed if they differ"),
        "device_proven": Quantity("boolean", "in every run parameters and cache were seen on that device"),
        "dtype": Quantity("string", "dtype of every run; mixed if they differ"),
        "finite": Quantity("boolean", "every sample is a positive finite duration, and there is one"),
        "samples_vary": Quantity("boolean", "within every run the samples are not all the same"),
        "tokens_per_second": Quantity("interval", "median of the slowest run", unit="tokens/s", minimum=0),
    },
    raw_schema={
        "type": "object",
        "required": ["runs"],
        "additionalProperties": False,
        "properties": {"runs": {"type": "array", "items": _RUN}},
    },
    summarize=summarize,
    samples=frozenset({"runs", "iterations"}),
)
