"""throughput_regression@1: decoding now beside a baseline of decoding, on the same class of machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Extension, Probe, Quantity
from .throughput_runs import first_runs, summarize_runs
from .throughput_schema import RUN_PARAMETERS, RUN_QUANTITIES, RUN_SCHEMA

BASE = "decode_throughput@2"
"""The probe whose records a baseline is looked up for."""

COMPARED = ("iterations", "max_tokens", "engine", "device", "dtype", "threads")
"""The parameters that two measurements must share to be comparable; `threads` where it was given."""


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The quantities of the runs, and what they are of those in the baseline's record."""
    found, baseline = summarize_runs(raw["runs"]), raw["baseline"]
    record = baseline["record"]
    before = record["quantities"]
    return {
        **found,
        "baseline_tokens_per_second": before.get("median_tokens_per_second"),
        "ratio_to_baseline": _ratio(found["tokens_per_second"], before.get("median_tokens_per_second")),
        "fraction_to_baseline": _ratio(
            found["fraction_of_bandwidth"], before.get("median_fraction_of_bandwidth")
        ),
        "same_probe": record["probe"] == BASE,
        "same_host": bool(baseline["host"])
        and baseline["host"] == raw["host"]
        and before.get("device_name") == found["device_name"],
        "same_parameters": all(record["with"].get(name) == raw["with"].get(name) for name in COMPARED)
        and record["with"].get("engine") == found["engine"],
        "same_weights_read": 0 < found["bytes_per_token"] == before.get("bytes_per_token"),
    }


def _ratio(interval: Mapping[str, Any] | None, before: Any) -> dict[str, Any] | None:
    if interval is None or not isinstance(before, int | float) or before <= 0:
        return None
    return {**interval, "low": interval["low"] / before, "high": interval["high"] / before, "unit": ""}


_HOST = {"type": "object"}

PROBE = Probe(
    name="throughput_regression@1",
    description="Decodes as decode_throughput does, beside a baseline of the same class of machine; on "
    "another class there is no measurement.",
    parameters=RUN_PARAMETERS,
    quantities={
        **RUN_QUANTITIES,
        "baseline_tokens_per_second": Quantity(
            "number", "least median of a run in the baseline", unit="tokens/s", minimum=0
        ),
        "ratio_to_baseline": Quantity("interval", "tokens a second over the baseline's median", minimum=0),
        "fraction_to_baseline": Quantity(
            "interval", "fraction of bandwidth reached over the baseline's median", minimum=0
        ),
        "same_probe": Quantity("boolean", "the baseline's record is of the same way to measure"),
        "same_host": Quantity("boolean", "system, processor, cores and device are the baseline's"),
        "same_parameters": Quantity("boolean", "the baseline was measured with the same parameters"),
        "same_weights_read": Quantity("boolean", "a token reads as many bytes of weights as in the baseline"),
    },
    raw_schema={
        "type": "object",
        "required": ["runs", "with", "host", "baseline"],
        "additionalProperties": False,
        "properties": {
            "runs": {"type": "array", "items": RUN_SCHEMA},
            "with": {"type": "object"},
            "host": _HOST,
            "baseline": {
                "type": "object",
                "required": ["bundle", "manifest_sha256", "started", "host", "record"],
                "properties": {
                    "bundle": {"type": "string"},
                    "manifest_sha256": {"type": "string"},
                    "started": {"type": "string"},
                    "host": _HOST,
                    "record": {
                        "type": "object",
                        "required": ["falsifier", "criterion", "probe", "with", "quantities"],
                        "properties": {"with": {"type": "object"}, "quantities": {"type": "object"}},
                    },
                },
            },
        },
    },
    summarize=summarize,
    artifacts=frozenset({"baseline"}),
    optional=frozenset({"extension", "threads"}),
    samples=frozenset({"runs", "iterations"}),
    extension=Extension("extension", "extensions", first_runs),
)
