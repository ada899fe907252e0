"""Changing tensors of an `.apr` or of a GGUF of F32 tensors, named as the checkpoint names them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .apr_file import changed, rewrite_apr
from .gguf_file import Tensors, name_in_gguf, rewrite_gguf


def change_tensor(source: Path, target: Path, name: str, change: Callable[[np.ndarray], None]) -> None:
    """Copy a checkpoint, the values of one tensor changed in place."""
    if source.suffix == ".apr":
        rewrite_apr(source, target, tensors=lambda t: {**t, name: changed(t[name], change)})
        return

    def with_change(tensors: Tensors) -> Tensors:
        change(tensors[name_in_gguf(name)])
        return tensors

    rewrite_gguf(source, target, tensors=with_change)


def drop_tensor(source: Path, target: Path, name: str) -> None:
    """Copy a checkpoint without one tensor."""
    if source.suffix == ".apr":
        rewrite_apr(source, target, tensors=lambda t: {k: v for k, v in t.items() if k != name})
        return
    gone = name_in_gguf(name)
    rewrite_gguf(source, target, tensors=lambda t: {k: v for k, v in t.items() if k != gone})
