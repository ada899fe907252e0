"""Measures checkpoint_metadata@1: metadata and shapes, without tensor data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, fields: list[str]) -> dict[str, Any]:
    """Raw: the metadata as stated, and the shape of every tensor under its Hugging Face name."""
    with open_checkpoint(subject) as checkpoint:
        return {
            "format": checkpoint.format,
            "requested": fields,
            "metadata": plain(checkpoint.metadata),
            "shapes": {name: list(entry.shape) for name, entry in checkpoint.tensors.items()},
        }


def plain(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as a measurement keeps it: what identifies the model, not long texts or our own records.

    A number that is not finite is kept as a string, which no field admits; strict JSON has no NaN.
    """
    return {
        key: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in metadata.items()
        if isinstance(value, str | int | float | bool | None)
        and not (isinstance(value, str) and len(value) > 500)
    }
