"""Planted defects of values, in a file that is otherwise right."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .either_file import change_tensor
from .gguf_file import Tensors, rewrite_gguf
from .table import makes

_PROJECTION = "model.layers.1.self_attn.q_proj.weight"
_ONE_WEIGHT = 0.01


def nan_weight(source: Path, target: Path) -> None:
    """The first weight of one projection is NaN."""
    change_tensor(source, target, _PROJECTION, lambda values: values.__setitem__((0, 0), np.nan))


def projection_zeroed(source: Path, target: Path) -> None:
    """Every weight of one projection is zero."""
    change_tensor(source, target, _PROJECTION, lambda values: values.fill(0.0))


def one_weight_changed(source: Path, target: Path) -> None:
    """One weight of one projection is larger by 0.01."""

    def change(values: np.ndarray) -> None:
        values[0, 0] += np.float32(_ONE_WEIGHT)

    change_tensor(source, target, _PROJECTION, change)


def rope_layout(source: Path, target: Path) -> None:
    """q and k rows of every layer go back to halves, which llama.cpp then rotates as interleaved pairs."""
    import gguf

    reader = gguf.GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    heads = reader.fields[f"{architecture}.attention.head_count"].contents()
    kv_heads = reader.fields[f"{architecture}.attention.head_count_kv"].contents()

    def halves(values: np.ndarray, count: int) -> np.ndarray:
        pairs = values.reshape(count, values.shape[0] // count // 2, 2, *values.shape[1:])
        return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(values.shape))

    def changed(tensors: Tensors) -> Tensors:
        for name in tensors:
            if name.endswith(".attn_q.weight"):
                tensors[name] = halves(tensors[name], heads)
            elif name.endswith(".attn_k.weight"):
                tensors[name] = halves(tensors[name], kv_heads)
        return tensors

    rewrite_gguf(source, target, tensors=changed)


MADE = makes("apr", nan_weight, projection_zeroed) | makes(
    "gguf", nan_weight, projection_zeroed, one_weight_changed, rope_layout
)
