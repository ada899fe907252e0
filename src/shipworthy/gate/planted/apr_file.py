"""Reading a good `.apr`, changing one thing and writing it again, valid."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import TensorSource, TokenizerSpec, open_checkpoint, write_apr

Metadata = dict[str, Any]
Tensors = dict[str, TensorSource]


def rewrite_apr(
    source: Path,
    target: Path,
    *,
    metadata: Callable[[Metadata], Metadata] = dict,
    tensors: Callable[[Tensors], Tensors] = dict,
    tokenizer: Callable[[TokenizerSpec | None], TokenizerSpec | None] = lambda spec: spec,
) -> None:
    """Copy a checkpoint, its metadata, tensors and tokenizer passed through the three functions."""
    with open_checkpoint(source) as checkpoint:
        sources = {
            name: TensorSource("F32", entry.shape, partial(checkpoint.read, name))
            for name, entry in checkpoint.tensors.items()
        }
        write_apr(
            target,
            metadata=metadata(dict(checkpoint.metadata)),
            tensors=tensors(sources),
            tokenizer=tokenizer(checkpoint.tokenizer()),
        )


def changed(source: TensorSource, change: Callable[[np.ndarray], None]) -> TensorSource:
    """The same tensor in F32, its values changed in place when they are read."""

    def load() -> np.ndarray:
        values = np.array(source.load(), dtype=np.float32)
        change(values)
        return values

    return TensorSource(source.dtype, source.shape, load)
