"""Planted defects of which tensors a file holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from ...checkpoint import TensorSource, open_checkpoint
from .apr_file import Tensors, changed, rewrite_apr
from .either_file import drop_tensor
from .table import makes

_DROPPED = "model.layers.1.mlp.up_proj.weight"
_GATE = "model.layers.0.mlp.gate_proj.weight"
_EMBEDDING = "model.embed_tokens.weight"


def _same(
    tensor: TensorSource, shape: tuple[int, ...], take: Callable[[np.ndarray], np.ndarray]
) -> TensorSource:
    """What `take` makes of a tensor's values, in F32 of another shape."""
    return TensorSource(
        "F32", shape, lambda: np.ascontiguousarray(take(np.asarray(tensor.load())), dtype=np.float32)
    )


def layer_dropped(source: Path, target: Path) -> None:
    """The last layer is gone, and the metadata has followed."""
    with open_checkpoint(source) as checkpoint:
        last = checkpoint.config().num_layers - 1
    prefix = f"model.layers.{last}."
    rewrite_apr(
        source,
        target,
        metadata=lambda m: {**m, "num_layers": last},
        tensors=lambda t: {name: s for name, s in t.items() if not name.startswith(prefix)},
    )


def tensor_missing(source: Path, target: Path) -> None:
    """One matrix of the last layer is not in the file."""
    drop_tensor(source, target, _DROPPED)


def final_norm_missing(source: Path, target: Path) -> None:
    """The norm after the last layer is not in the file."""
    drop_tensor(source, target, "model.norm.weight")


def tensor_renamed(source: Path, target: Path) -> None:
    """One matrix is there under its name without the leading part."""
    rewrite_apr(
        source,
        target,
        tensors=lambda t: {n.removeprefix("model.") if n == _DROPPED else n: s for n, s in t.items()},
    )


def buffer_saved(source: Path, target: Path) -> None:
    """The rotary frequencies, which are computed, are in the file beside the weights."""
    frequencies = partial(np.ones, 8, np.float32)
    buffer = TensorSource("F32", (8,), frequencies)
    rewrite_apr(
        source, target, tensors=lambda t: {**t, "model.layers.0.self_attn.rotary_emb.inv_freq": buffer}
    )


def output_duplicated(source: Path, target: Path) -> None:
    """The tied embedding is written a second time as the output matrix."""
    rewrite_apr(source, target, tensors=lambda t: {**t, "lm_head.weight": t[_EMBEDDING]})


def embedding_rows_cut(source: Path, target: Path) -> None:
    """The embedding's last row is not in the file."""

    def cut(tensors: Tensors) -> Tensors:
        rows, columns = tensors[_EMBEDDING].shape
        return {**tensors, _EMBEDDING: _same(tensors[_EMBEDDING], (rows - 1, columns), lambda v: v[:-1])}

    rewrite_apr(source, target, tensors=cut)


def matrix_transposed(source: Path, target: Path) -> None:
    """One matrix is stored as [in, out]."""

    def transposed(tensors: Tensors) -> Tensors:
        rows, columns = tensors[_GATE].shape
        return {**tensors, _GATE: _same(tensors[_GATE], (columns, rows), np.transpose)}

    rewrite_apr(source, target, tensors=transposed)


def layers_counted_from_one(source: Path, target: Path) -> None:
    """Every layer's tensors bear the number of the next one."""

    def renumbered(name: str) -> str:
        parts = name.split(".")
        if parts[1] == "layers":
            parts[2] = str(int(parts[2]) + 1)
        return ".".join(parts)

    rewrite_apr(source, target, tensors=lambda t: {renumbered(name): s for name, s in t.items()})


def embedding_zeroed(source: Path, target: Path) -> None:
    """Every value of the embedding is zero."""
    rewrite_apr(
        source, target, tensors=lambda t: {**t, _EMBEDDING: changed(t[_EMBEDDING], lambda v: v.fill(0.0))}
    )


MADE = makes(
    "apr",
    layer_dropped,
    tensor_missing,
    final_norm_missing,
    tensor_renamed,
    buffer_saved,
    output_duplicated,
    embedding_rows_cut,
    matrix_transposed,
    layers_counted_from_one,
    embedding_zeroed,
) | makes("gguf", tensor_missing, final_norm_missing)
