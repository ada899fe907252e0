"""Planted defects of the architecture's label."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ...checkpoint import TensorSource
from .apr_file import Tensors, rewrite_apr
from .metadata import metadata_value_changed
from .table import makes


def wrong_architecture_label(source: Path, target: Path, *, label: str) -> None:
    """The label says another architecture, or the same in a spelling that runtimes do not know."""
    metadata_value_changed(source, target, key="architecture", value=label)


def biases_dropped(source: Path, target: Path) -> None:
    """No tensor is a bias."""
    rewrite_apr(source, target, tensors=lambda t: {n: s for n, s in t.items() if not n.endswith(".bias")})


def biases_added(source: Path, target: Path) -> None:
    """q, k and v of every layer have a bias of zeros."""

    def with_biases(tensors: Tensors) -> Tensors:
        added = {}
        for name, tensor in tensors.items():
            if name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight")):
                zeros = np.zeros(tensor.shape[0], np.float32)
                added[name.replace(".weight", ".bias")] = TensorSource(
                    "F32", zeros.shape, partial(np.asarray, zeros)
                )
        return {**tensors, **added}

    rewrite_apr(source, target, tensors=with_biases)


MADE = makes("apr", wrong_architecture_label, biases_dropped, biases_added)
