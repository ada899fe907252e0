"""Measures human_eval_drift@1: HumanEval now, beside the human_eval@1 of a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint
from ...evidence.baseline import read_baseline
from .human_eval import measure as measure_once

_OF = "human_eval@1"


def measure(
    subject: Path, artifacts: Mapping[str, Path], *, log: Path, samples: int, seed: int, **decoding: Any
) -> dict[str, Any]:
    """Raw: one run, and of the baseline's its time, subject, process and figures.

    Raises NotMeasurable where the baseline holds no HumanEval with these parameters, before anything is run.
    """
    baseline = read_baseline(artifacts["baseline"])
    record = baseline.find(_OF, samples=samples, seed=seed, **decoding)
    with open_checkpoint(subject) as checkpoint:
        digest = checkpoint.digest()
    return {
        **measure_once(subject, artifacts, log=log, samples=samples, seed=seed, **decoding),
        "subject_sha256": digest,
        "baseline": {
            "bundle": baseline.bundle,
            "started": baseline.started,
            "subject_sha256": baseline.subject["sha256"],
            "process": record.quantities["process"],
            "problems": record.quantities["problems"],
            "pass_at_1_percent": record.quantities["pass_at_1_percent"],
        },
    }
