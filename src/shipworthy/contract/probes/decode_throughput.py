"""decode_throughput@2: tokens a second at batch 1, in several fresh processes, from raw samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Extension, Probe, Quantity
from .throughput_runs import first_runs, summarize_runs
from .throughput_schema import RUN_PARAMETERS, RUN_QUANTITIES, RUN_SCHEMA
from .throughput_sweep import best_threads


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The slowest run decides: its interval's low end is the low end, the smallest high end the high one."""
    found = summarize_runs(raw["runs"])
    return {**found, "best_threads": best_threads(raw["runs"], raw["sweep"])}


PROBE = Probe(
    name="decode_throughput@2",
    description="Decodes at batch 1 after a warm-up, each run in a fresh process on the device asked for; "
    "where the first runs are INCONCLUSIVE it is extended once, by the runs declared.",
    parameters={**RUN_PARAMETERS, "thread_sweep": {"type": "boolean"}},
    quantities={
        **RUN_QUANTITIES,
        "best_threads": Quantity(
            "integer", "threads that were the fastest; 0 without a sweep that counts", minimum=0
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["runs", "sweep"],
        "additionalProperties": False,
        "properties": {
            "runs": {"type": "array", "items": RUN_SCHEMA},
            "sweep": {"type": "array", "items": RUN_SCHEMA},
        },
    },
    summarize=summarize,
    optional=frozenset({"extension", "threads", "thread_sweep"}),
    samples=frozenset({"runs", "iterations"}),
    extension=Extension("extension", "extensions", first_runs),
)
