"""Planted defects of which tensors a file holds."""

from __future__ import annotations

from pathlib import Path

from ...checkpoint import open_checkpoint
from .apr_file import rewrite_apr
from .either_file import drop_tensor
from .table import makes

_DROPPED = "model.layers.1.mlp.up_proj.weight"


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


MADE = makes("apr", layer_dropped, tensor_missing) | makes("gguf", tensor_missing)
