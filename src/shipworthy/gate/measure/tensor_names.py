"""Measures tensor_names@1: names and stated constants of the checkpoint, or of its export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint
from .checkpoint_metadata import plain
from .files import path_of


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, file: str) -> dict[str, Any]:
    """Raw: the metadata as stated, and every tensor's name, Hugging Face's where it has one."""
    with open_checkpoint(path_of(file, subject, artifacts)) as checkpoint:
        return {
            "file": file,
            "format": checkpoint.format,
            "metadata": plain(checkpoint.metadata),
            "names": list(checkpoint.tensors),
        }
