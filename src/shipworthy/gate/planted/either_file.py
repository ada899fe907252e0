"""Changing a tensor of an `.apr` or of a GGUF of F32 tensors, named as the checkpoint names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .apr_file import changed, rewrite_apr
from .gguf_file import name_in_gguf, rewrite_gguf


def change_tensor(source: Path, target: Path, name: str, change: Callable[[np.ndarray], None]) -> None:
    """Copy a checkpoint, the values of one tensor changed in place."""
    if source.suffix == ".apr":
        rewrite_apr(source, target, tensors=lambda t: {**t, name: changed(t[name], change)})
        return
    stored = name_in_gguf(source, name)

    def with_change(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        change(tensors[stored])
        return tensors

    rewrite_gguf(source, target, tensors=with_change)


def drop_tensor(source: Path, target: Path, name: str) -> None:
    """Copy a checkpoint without one tensor."""
    if source.suffix == ".apr":
        rewrite_apr(source, target, tensors=lambda t: {k: v for k, v in t.items() if k != name})
        return
    gone = name_in_gguf(source, name)
    rewrite_gguf(source, target, tensors=lambda t: {k: v for k, v in t.items() if k != gone})
