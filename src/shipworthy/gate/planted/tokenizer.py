"""Planted defects of the tokenizer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...checkpoint import TokenizerSpec, open_checkpoint
from .apr_file import Metadata, rewrite_apr
from .table import makes


def decoder_lost(source: Path, target: Path) -> None:
    """The tokenizer has no decoder, so that bytes stay spelled as letters."""

    def without(spec: TokenizerSpec | None) -> TokenizerSpec:
        assert spec is not None
        return replace(spec, components={**spec.components, "decoder": None})

    rewrite_apr(source, target, tokenizer=without)


def tokenizer_removed(source: Path, target: Path) -> None:
    """No vocabulary, no merges, nothing to rebuild a tokenizer from."""

    def without(metadata: Metadata) -> Metadata:
        return {k: v for k, v in metadata.items() if not k.startswith(("tokenizer.", "shipworthy.tokenizer"))}

    rewrite_apr(source, target, metadata=without, tokenizer=lambda _: None)


def special_token_id_out_of_range(source: Path, target: Path) -> None:
    """The end-of-text id is one past the vocabulary."""
    with open_checkpoint(source) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    stated = {**spec.to_apr(), "tokenizer.eos_token_id": len(spec.tokens)}
    rewrite_apr(source, target, metadata=lambda m: {**m, **stated}, tokenizer=lambda _: None)


MADE = makes("apr", decoder_lost, tokenizer_removed, special_token_id_out_of_range)
