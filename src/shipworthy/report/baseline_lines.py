"""A baseline as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..evidence.baseline import Baseline


def baseline_lines(baseline: Baseline) -> Iterator[str]:
    """Where it comes from, then each falsifier with the numbers that it measured."""
    yield f"{baseline.bundle} of {baseline.started}, manifest {baseline.manifest_sha256}"
    yield f"subject {baseline.subject['name']}, sha256 {baseline.subject['sha256']}"
    yield "measured on " + ", ".join(f"{name} {value}" for name, value in baseline.host.items())
    for record in baseline.records:
        yield f"{record.id} {record.version}, {record.falsifier}, {record.probe}, {record.criterion[:12]}"
        for name, value in record.quantities.items():
            if (text := _number(value)) is not None:
                yield f"  {name} {text}"


def _number(value: Any) -> str | None:
    """A number or an interval as text; of anything else None."""
    if isinstance(value, dict):
        ends = (value["low"], value["high"])
        return None if None in ends else f"{ends[0]:.6g}..{ends[1]:.6g} {value['unit']}".rstrip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"{value:.6g}"
