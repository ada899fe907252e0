"""Measures gguf_label@1: the label of the export, and the first part of each of its keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path) -> dict[str, Any]:
    """Raw: both labels as stated, and the number of keys under each first part."""
    with open_checkpoint(subject) as checkpoint:
        of_checkpoint = checkpoint.metadata.get("architecture")
    with open_checkpoint(artifacts["gguf"]) as export:
        label = export.native_metadata.get("general.architecture")
        prefixes = Counter(key.split(".", 1)[0] for key in export.native_metadata if "." in key)
    return {
        "label": label if isinstance(label, str) else None,
        "label_of_checkpoint": of_checkpoint if isinstance(of_checkpoint, str) else None,
        "key_prefixes": dict(sorted(prefixes.items())),
    }
