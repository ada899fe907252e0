"""Measures registered_constants@1: the configuration from which training and inference build a decoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint
from ...contract.probes.registered_constants import FIELDS
from ...errors import FileError
from .refusal import as_text


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path) -> dict[str, Any]:
    """Raw: every constant, or why no decoder can be built."""
    with open_checkpoint(subject) as checkpoint:
        raw: dict[str, Any] = {
            "format": checkpoint.format,
            "tensors": len(checkpoint.tensors),
            "constants": None,
            "refusal": None,
        }
        try:
            config = checkpoint.config()
        except FileError as error:
            return {**raw, "refusal": as_text(error)}
        return {**raw, "constants": {field: getattr(config, field) for field in FIELDS}}
