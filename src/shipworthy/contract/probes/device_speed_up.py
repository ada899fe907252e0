"""device_speed_up@1: whether a device decodes faster than the one that it is bought in place of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..probe import Probe, Quantity
from .median_interval import median_level
from .throughput_runs import rates, summarize_runs
from .throughput_schema import RUN_PARAMETERS, RUN_QUANTITIES, RUN_SCHEMA

_OF_THE_REFERENCE = (
    "runs",
    "extensions",
    "processes",
    "fresh_processes",
    "iterations",
    "tokens",
    "warm_up_tokens",
    "engine",
    "threads",
    "every_core",
    "device",
    "dtype",
    "dtype_kept",
    "cache_dtype",
    "weights_read",
    "samples_vary",
    "runs_differ",
    "order_plausible",
    "greatest_fraction_of_bandwidth",
)
"""What the reference is asked for under `reference_...`, as the device is without."""


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Both sides as decode_throughput@2 has them, and how many times as fast the first is."""
    side, reference = summarize_runs(raw["runs"]), summarize_runs(raw["reference"])
    finite = side["finite"] and reference["finite"]
    return {
        **side,
        **{f"reference_{name}": reference[name] for name in _OF_THE_REFERENCE},
        "finite": finite,
        "reference_proven": reference["device_proven"],
        "same_iterations": 0 != side["iterations"] == reference["iterations"]
        and 0 != side["tokens"] == reference["tokens"],
        "speed_up": _speed_up(raw) if finite else None,
    }


def _speed_up(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The slowest run of the one over the fastest of the other: both ends of both intervals of the median.

    Each covers its median with the confidence of its samples; both at once with the product.
    """
    ours, theirs = [rates(run) for run in raw["runs"]], [rates(run) for run in raw["reference"]]
    fewest, others = min(map(len, ours)), min(map(len, theirs))
    return {
        "low": min(map(min, ours)) / max(map(max, theirs)),
        "high": min(map(max, ours)) / max(map(min, theirs)),
        "level": median_level(fewest) * median_level(others),
        "n": min(fewest, others),
        "unit": "times",
    }


def _of_the_reference(quantity: Quantity) -> Quantity:
    return replace(quantity, description=f"of the runs on the CPU: {quantity.description}")


_RUNS = {"type": "array", "items": RUN_SCHEMA}
PROBE = Probe(
    name="device_speed_up@1",
    description="Decodes at batch 1 on the device and on the CPU in torch, each run in a fresh process.",
    parameters={
        name: RUN_PARAMETERS[name] for name in ("runs", "iterations", "max_tokens", "device", "dtype")
    },
    quantities={
        **RUN_QUANTITIES,
        "finite": Quantity("boolean", "every duration and bandwidth of both sides is positive and finite"),
        **{f"reference_{name}": _of_the_reference(RUN_QUANTITIES[name]) for name in _OF_THE_REFERENCE},
        "reference_proven": _of_the_reference(RUN_QUANTITIES["device_proven"]),
        "same_iterations": Quantity("boolean", "both sides decoded as many tokens as many times"),
        "speed_up": Quantity("interval", "how many times as fast the device is", unit="times", minimum=0),
    },
    raw_schema={
        "type": "object",
        "required": ["runs", "reference"],
        "additionalProperties": False,
        "properties": {"runs": _RUNS, "reference": _RUNS},
    },
    summarize=summarize,
    samples=frozenset({"runs", "iterations"}),
)
