"""Planted defects of packaging: special ids and shards. Those of exports are in `gguf_packaging`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import TokenizerSpec, open_checkpoint
from . import gguf_packaging
from .apr_file import rewrite_apr
from .table import makes

_PROJECTION = "model.layers.1.mlp.gate_proj.weight"
_NORM = "model.norm.weight"


def _respecified(source: Path, target: Path, change: Callable[[TokenizerSpec], TokenizerSpec]) -> None:
    def changed(spec: TokenizerSpec | None) -> TokenizerSpec:
        assert spec is not None
        return change(spec)

    rewrite_apr(source, target, tokenizer=changed)


def false_zero_id(source: Path, target: Path) -> None:
    """Token 0 becomes an ordinary one, and is said to be the begin of a text."""

    def change(spec: TokenizerSpec) -> TokenizerSpec:
        tokens = list(spec.tokens)
        ordinary = min(set(range(len(tokens))) - {token.id for token in spec.added_tokens})
        tokens[0], tokens[ordinary] = tokens[ordinary], tokens[0]
        added = tuple(replace(t, id=ordinary) if t.id == 0 else t for t in spec.added_tokens)
        return replace(spec, tokens=tuple(tokens), added_tokens=added, bos_token_id=0)

    _respecified(source, target, change)


def special_id_as_text(source: Path, target: Path) -> None:
    """The end-of-text id is a text of its digits."""
    with open_checkpoint(source) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    stated = {**spec.to_apr(), "tokenizer.eos_token_id": str(spec.eos_token_id)}
    rewrite_apr(source, target, metadata=lambda m: {**m, **stated}, tokenizer=lambda _: None)


def merges_not_embedded(source: Path, target: Path) -> None:
    """There is a vocabulary and not one merge."""
    _respecified(source, target, lambda spec: replace(spec, merges=()))


def output_projection_lost(source: Path, target: Path) -> None:
    """The output projection is not in the file, which then looks like one of tied embeddings."""
    rewrite_apr(source, target, tensors=lambda t: {k: v for k, v in t.items() if k != "lm_head.weight"})


def weight_not_finite(source: Path, target: Path) -> None:
    """The first weight of one matrix is NaN."""
    copied, _, at = _copied(source, target, _PROJECTION)
    with copied.open("r+b") as stream:
        stream.seek(at)
        stream.write(np.float32(np.nan).tobytes())


def tensor_under_another_name(source: Path, target: Path) -> None:
    """One norm is called something else."""
    _with_header(source, target, _NORM, lambda name, entry: (name[::-1], entry))


def shape_reversed(source: Path, target: Path) -> None:
    """The shape of one matrix is stated the other way round."""
    _with_header(
        source, target, _PROJECTION, lambda name, entry: (name, {**entry, "shape": entry["shape"][::-1]})
    )


def _copied(source: Path, target: Path, name: str) -> tuple[Path, dict[str, Any], int]:
    """A copy of the directory: the file in it that holds a tensor of F32, its header, the tensor's offset."""
    shutil.copytree(source, target)
    with open_checkpoint(target) as checkpoint:
        entry = checkpoint.tensors[name]
    assert entry.dtype == "F32"
    with entry.file.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return entry.file, header, entry.offset


def _with_header(
    source: Path, target: Path, name: str, change: Callable[[str, Any], tuple[str, Any]]
) -> None:
    """Copy the directory, one entry of a safetensors header changed in place."""
    path, header, _ = _copied(source, target, name)
    entries = [change(key, entry) if key == name else (key, entry) for key, entry in header.items()]
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    written = json.dumps(dict(entries), separators=(",", ":")).encode().ljust(length)
    assert len(written) == length
    path.write_bytes(data[:8] + written + data[8 + length :])


MADE = (
    makes("apr", false_zero_id, special_id_as_text, merges_not_embedded, output_projection_lost)
    | makes("hf", weight_not_finite, tensor_under_another_name, shape_reversed)
    | gguf_packaging.MADE
)
