"""Planted defects of the architecture's label."""

from __future__ import annotations

from pathlib import Path

from .metadata import metadata_value_changed
from .table import makes


def wrong_architecture_label(source: Path, target: Path, *, label: str) -> None:
    """The label says another architecture, or the same in a spelling that runtimes do not know."""
    metadata_value_changed(source, target, key="architecture", value=label)


MADE = makes("apr", wrong_architecture_label)
