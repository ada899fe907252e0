"""Measures licence@1: licence and origin as the metadata of each file states them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint
from .files import path_of

_BASE_MODEL = re.compile(r"\A---\s*\n(?:(?!---).*\n)*?base_model:[ \t]*([^\s#]+)", re.ASCII)
_CARD_BYTES = 65536


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, files: list[str]) -> dict[str, Any]:
    """Raw: per file its format, the licence, and what the weights were made from."""
    return {"files": {file: _stated(path_of(file, subject, artifacts)) for file in files}}


def _stated(path: Path) -> dict[str, Any]:
    with open_checkpoint(path) as checkpoint:
        origin = checkpoint.metadata.get("source")
        if origin is None and checkpoint.format == "hf":
            origin = _base_model(path / "README.md")
        return {
            "format": checkpoint.format,
            "tensors": len(checkpoint.tensors),
            "licence": _text(checkpoint.metadata.get("license")),
            "origin": _text(origin),
        }


def _base_model(card: Path) -> str | None:
    """What the head of a model card names as `base_model`."""
    if not card.is_file():
        return None
    with card.open("rb") as stream:
        found = _BASE_MODEL.match(stream.read(_CARD_BYTES).decode(errors="replace"))
    return found[1].strip("\"'") if found else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
