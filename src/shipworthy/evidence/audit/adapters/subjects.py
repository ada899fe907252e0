"""What a JSON receipt is about: values that name a file or directory, and the digest that stands beside."""

from __future__ import annotations

import re
from typing import Any

from ..places import objects, pointer
from ..receipt import Subject

_KEYS = frozenset(
    {
        "model",
        "model_path",
        "model_filename",
        "checkpoint",
        "file",
        "init",
        "base_model",
        "dataset",
        "run_dir",
        "artifact",
    }
)
_MACHINE_PATH = re.compile(r"^(/|~/|[A-Za-z]:\\)\S+$")
_MODEL_FILE = re.compile(r"\.(apr|gguf|safetensors|bin|pt)$", re.IGNORECASE)
_DIGEST = re.compile(r"^(sha256:)?[0-9a-f]{64}$", re.IGNORECASE)


def subjects_of(file: str, document: Any) -> tuple[Subject, ...]:
    """Every value under a key that names a model, data or a run and is a path or a model file.

    The digest is one of 64 hex digits in the same object.
    """
    return tuple(
        Subject(value, _digest(holder), file, pointer(*keys, key))
        for keys, holder in objects(document)
        for key, value in holder.items()
        if key in _KEYS
        and isinstance(value, str)
        and (_MACHINE_PATH.match(value) or _MODEL_FILE.search(value))
    )


def _digest(holder: dict[str, Any]) -> str:
    found = (value for value in holder.values() if isinstance(value, str) and _DIGEST.match(value))
    return next(found, "").lower().removeprefix("sha256:")
