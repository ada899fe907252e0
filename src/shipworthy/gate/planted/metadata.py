"""Planted defects of what the metadata states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .apr_file import rewrite_apr
from .table import makes


def metadata_key_missing(source: Path, target: Path, *, key: str) -> None:
    """The key is gone."""
    rewrite_apr(source, target, metadata=lambda m: {k: v for k, v in m.items() if k != key})


def metadata_value_changed(source: Path, target: Path, *, key: str, value: Any) -> None:
    """The key holds another value."""
    rewrite_apr(source, target, metadata=lambda m: {**m, key: value})


def metadata_alias_added(source: Path, target: Path, *, key: str, alias: str) -> None:
    """The field stands there twice, under two names, and they disagree by one."""
    rewrite_apr(source, target, metadata=lambda m: {**m, alias: m[key] + 1})


MADE = makes("apr", metadata_key_missing, metadata_value_changed, metadata_alias_added)
