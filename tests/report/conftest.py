"""Bundles made by hand, as the reports read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from shipworthy.evidence import Bundle

WEIGHTS = {"C-03": 0, "AC-SHIP2-005": 30, "AC-SHIP2-009": 50, "AC-SHIP2-010": 20}
Made = Callable[..., Bundle]


def criterion(name: str, reasons: Sequence[str] = (), **change: Any) -> dict[str, Any]:
    """An entry of a predicate; without a reason it is DISCHARGED."""
    return {
        "id": name,
        "criterion": "c" * 64,
        "verdict": "BLOCKED" if reasons else "DISCHARGED",
        "reasons": list(reasons),
        "in_scope": True,
        "functional": False,
        "stale": "",
        "proof": {"valid": True, "problem": ""},
        "falsifiers": [],
        **change,
    }


@pytest.fixture
def entry() -> Callable[..., dict[str, Any]]:
    return criterion


@pytest.fixture
def made() -> Made:
    """A bundle of a name, from its criteria; whatever else is given replaces a part of the predicate."""

    def make(
        criteria: Sequence[Mapping[str, Any]],
        *,
        name: str = "20260515T214435Z-0f3a9c0d1e2f",
        weights: Mapping[str, float] = WEIGHTS,
        subject: str = "0f" * 32,
        registration: str = "ab" * 32,
        subject_name: str = "model.apr",
        unregistered: Sequence[str] = (),
        **change: Any,
    ) -> Bundle:
        predicate = {
            "signature": "none",
            "started": "2026-05-15T21:44:35+00:00",
            "release": {
                "id": "smollm2-demo",
                "title": "The demo",
                "demo": True,
                "weights": [{"criterion": n, "weight": w} for n, w in weights.items()],
            },
            "registration": {"id": "smollm2-135m", "sha256": registration},
            "subject": {"name": subject_name, "sha256": subject, "unregistered": list(unregistered)},
            "criteria": list(criteria),
            "not_written": [n for n in weights if n not in {c["id"] for c in criteria}],
            "allowed_blocked": [],
            "information": {},
            **change,
        }
        return Bundle(Path("evidence") / name, {"predicate": predicate})

    return make
