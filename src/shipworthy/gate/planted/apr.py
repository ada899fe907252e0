"""Planted defects of `.apr` files: the file is read, one thing is changed, and it is written again, valid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import TensorSource, TokenizerSpec, open_checkpoint, write_apr
from ...pipeline.export import export_gguf

_PROJECTION = "model.layers.1.self_attn.q_proj.weight"
_DROPPED = "model.layers.1.mlp.up_proj.weight"

Metadata = dict[str, Any]
Tensors = dict[str, TensorSource]


def _rewrite(
    source: Path,
    target: Path,
    *,
    metadata: Callable[[Metadata], Metadata] = dict,
    tensors: Callable[[Tensors], Tensors] = dict,
    tokenizer: Callable[[TokenizerSpec | None], TokenizerSpec | None] = lambda spec: spec,
) -> None:
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


def _changed(source: TensorSource, change: Callable[[np.ndarray], None]) -> TensorSource:
    def load() -> np.ndarray:
        values = np.array(source.load(), dtype=np.float32)
        change(values)
        return values

    return TensorSource(source.dtype, source.shape, load)


def metadata_key_missing(source: Path, target: Path, *, key: str) -> None:
    """The key is gone."""
    _rewrite(source, target, metadata=lambda m: {k: v for k, v in m.items() if k != key})


def metadata_value_changed(source: Path, target: Path, *, key: str, value: Any) -> None:
    """The key holds another value."""
    _rewrite(source, target, metadata=lambda m: {**m, key: value})


def metadata_alias_added(source: Path, target: Path, *, key: str, alias: str) -> None:
    """The field stands there twice, under two names, and they disagree by one."""
    _rewrite(source, target, metadata=lambda m: {**m, alias: m[key] + 1})


def wrong_architecture_label(source: Path, target: Path, *, label: str) -> None:
    """The label says another architecture, or the same in a spelling that runtimes do not know."""
    metadata_value_changed(source, target, key="architecture", value=label)


def written_as_gguf(source: Path, target: Path) -> None:
    """A correct F32 export lies where the checkpoint should."""
    export_gguf(source, target, "f32")


def decoder_lost(source: Path, target: Path) -> None:
    """The tokenizer has no decoder, so that bytes stay spelled as letters."""

    def without(spec: TokenizerSpec | None) -> TokenizerSpec:
        assert spec is not None
        return replace(spec, components={**spec.components, "decoder": None})

    _rewrite(source, target, tokenizer=without)


def tokenizer_removed(source: Path, target: Path) -> None:
    """No vocabulary, no merges, nothing to rebuild a tokenizer from."""

    def without(metadata: Metadata) -> Metadata:
        return {k: v for k, v in metadata.items() if not k.startswith(("tokenizer.", "shipworthy.tokenizer"))}

    _rewrite(source, target, metadata=without, tokenizer=lambda _: None)


def special_token_id_out_of_range(source: Path, target: Path) -> None:
    """The end-of-text id is one past the vocabulary."""
    with open_checkpoint(source) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    stated = {**spec.to_apr(), "tokenizer.eos_token_id": len(spec.tokens)}
    _rewrite(source, target, metadata=lambda m: {**m, **stated}, tokenizer=lambda _: None)


def layer_dropped(source: Path, target: Path) -> None:
    """The last layer is gone, and the metadata has followed."""
    with open_checkpoint(source) as checkpoint:
        last = checkpoint.config().num_layers - 1
    prefix = f"model.layers.{last}."
    _rewrite(
        source,
        target,
        metadata=lambda m: {**m, "num_layers": last},
        tensors=lambda t: {name: s for name, s in t.items() if not name.startswith(prefix)},
    )


def tensor_missing(source: Path, target: Path) -> None:
    """One matrix of the last layer is not in the file."""
    _rewrite(source, target, tensors=lambda t: {name: s for name, s in t.items() if name != _DROPPED})


def nan_weight(source: Path, target: Path) -> None:
    """The first weight of one projection is NaN."""
    _change_projection(source, target, lambda values: values.__setitem__((0, 0), np.nan))


def projection_zeroed(source: Path, target: Path) -> None:
    """Every weight of one projection is zero."""
    _change_projection(source, target, lambda values: values.fill(0.0))


def _change_projection(source: Path, target: Path, change: Callable[[np.ndarray], None]) -> None:
    _rewrite(source, target, tensors=lambda t: {**t, _PROJECTION: _changed(t[_PROJECTION], change)})


DEFECTS: dict[str, Callable[..., None]] = {
    make.__name__: make
    for make in (
        metadata_key_missing,
        metadata_value_changed,
        metadata_alias_added,
        wrong_architecture_label,
        written_as_gguf,
        decoder_lost,
        tokenizer_removed,
        special_token_id_out_of_range,
        layer_dropped,
        tensor_missing,
        nan_weight,
        projection_zeroed,
    )
}
