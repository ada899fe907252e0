"""Planted defects of what the metadata states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .apr_file import Metadata, rewrite_apr
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


def metadata_value_null(source: Path, target: Path, *, key: str) -> None:
    """The key is there and holds null."""
    rewrite_apr(source, target, metadata=lambda m: {**m, key: None})


def metadata_value_as_text(source: Path, target: Path, *, key: str) -> None:
    """The number is spelled out as a string."""
    rewrite_apr(source, target, metadata=lambda m: {**m, key: str(m[key])})


def metadata_value_as_fraction(source: Path, target: Path, *, key: str) -> None:
    """The whole number has a half too much."""
    rewrite_apr(source, target, metadata=lambda m: {**m, key: m[key] + 0.5})


def metadata_value_off_by_one(source: Path, target: Path, *, key: str) -> None:
    """The number is one too large."""
    rewrite_apr(source, target, metadata=lambda m: {**m, key: m[key] + 1})


def head_counts_exchanged(source: Path, target: Path) -> None:
    """There are as many heads as key heads, and the reverse."""
    _exchange(source, target, "num_heads", "num_kv_heads")


def widths_exchanged(source: Path, target: Path) -> None:
    """The hidden size and the intermediate size stand in each other's place."""
    _exchange(source, target, "hidden_size", "intermediate_size")


def _exchange(source: Path, target: Path, one: str, other: str) -> None:
    def exchanged(metadata: Metadata) -> Metadata:
        return {**metadata, one: metadata[other], other: metadata[one]}

    rewrite_apr(source, target, metadata=exchanged)


MADE = makes(
    "apr",
    metadata_key_missing,
    metadata_value_changed,
    metadata_alias_added,
    metadata_value_null,
    metadata_value_as_text,
    metadata_value_as_fraction,
    metadata_value_off_by_one,
    head_counts_exchanged,
    widths_exchanged,
)
