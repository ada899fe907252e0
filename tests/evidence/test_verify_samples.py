"""Samples that no clock gave: constant, longer than their dispatch, or of no number."""

from __future__ import annotations

from typing import Any

import pytest

from shipworthy.evidence.verify.samples import samples_problem


def timed(*durations: float, seconds: float = 60.0) -> dict[str, Any]:
    return {"seconds": seconds, "raw": {"runs": [{"samples": [{"seconds": s} for s in durations]}]}}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (timed(1.0, 1.1, 1.2), None),
        (timed(1.0, 1.0), None),
        (timed(1.0, 1.0, 1.0), "constant-samples"),
        (timed(30.0, 31.0, 32.0), "impossible-samples"),
        (timed(1.0, 1.1, seconds=float("nan")), "impossible-samples"),
        (timed(1.0, 1.1, seconds=True), "impossible-samples"),
        (timed(1.0, 1.1, seconds=-(10**400)), "impossible-samples"),
        (timed(1.0, 10**400), "impossible-samples"),
        ({"seconds": 1, "raw": {"runs": 3}}, None),
        ({"seconds": 1, "raw": {"runs": [{"samples": [{"seconds": None}]}, 3]}}, None),
    ],
)
def test_samples_that_no_clock_gave_are_named(document: dict[str, Any], code: str | None) -> None:
    times = {"started": "2026-05-15T21:44:35+00:00", "finished": "2026-05-15T21:54:35+00:00"}
    problem = samples_problem(document, times)
    assert (problem and problem[0]) == code
