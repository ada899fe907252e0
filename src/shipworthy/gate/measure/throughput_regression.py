"""Measures throughput_regression@1: the runs of decode_throughput@2, and the baseline's record of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...contract.probes.throughput_regression import BASE, COMPARED
from ...errors import NotMeasurable
from ...evidence import describe_environment
from ...evidence.baseline import HOST_FACTS, Baseline, Record, read_baseline
from .decode_throughput import take_runs


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    runs: int,
    extension: int = 0,
    earlier: Mapping[str, Any] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Raw: the runs, this machine's class, and the record of the baseline, which is looked for first.

    Raises NotMeasurable where the baseline has no such record (missing_artifact) or was measured on another
    class of machine (missing_hardware), and FileError where it is not what was recorded.
    """
    settings = {name: settings.get(name) for name in COMPARED}
    if earlier is not None:
        return {**earlier, "runs": [*earlier["runs"], *take_runs(subject, settings, [1] * extension, log)]}
    baseline = read_baseline(artifacts["baseline"])
    record = _discharged(baseline).find(BASE, **settings)
    environment = describe_environment()
    host = {name: environment[name] for name in HOST_FACTS}
    if baseline.host != host:
        before = baseline.host
        differ = ", ".join(f"{k} {before.get(k)!r}" for k in HOST_FACTS if before.get(k) != host[k])
        raise NotMeasurable(
            "missing_hardware",
            "baseline-of-another-host",
            f"the baseline {baseline.bundle} was measured on a machine with {differ}",
            fix="set a baseline on this class of machine",
        )
    return {
        "runs": take_runs(subject, settings, [0] * runs, log),
        "with": settings,
        "host": host,
        "baseline": _kept(baseline, record),
    }


def _discharged(baseline: Baseline) -> Baseline:
    """Only what was DISCHARGED is a bar to hold others to; a bundle attached as it is has more."""
    return replace(baseline, records=tuple(record for record in baseline.records if record.discharged))


def _kept(baseline: Baseline, record: Record) -> dict[str, Any]:
    entry = record.to_json()
    return {
        "bundle": baseline.bundle,
        "manifest_sha256": baseline.manifest_sha256,
        "started": baseline.started,
        "host": dict(baseline.host),
        "record": {name: entry[name] for name in ("falsifier", "criterion", "probe", "with", "quantities")},
    }
