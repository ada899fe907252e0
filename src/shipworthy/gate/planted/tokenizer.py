"""Planted defects of the tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...checkpoint import TokenizerSpec, open_checkpoint
from .apr_file import Metadata, rewrite_apr
from .gguf_file import Fields, change_field, rewrite_gguf
from .table import makes

_NORMAL, _CONTROL = 1, 3
_MERGES = "tokenizer.ggml.merges"


def _change(source: Path, target: Path, change: Callable[[TokenizerSpec], TokenizerSpec]) -> None:
    """Copy an `.apr`, its tokenizer replaced."""

    def changed(spec: TokenizerSpec | None) -> TokenizerSpec:
        assert spec is not None
        return change(spec)

    rewrite_apr(source, target, tokenizer=changed)


def _component(spec: TokenizerSpec, **parts: Any) -> TokenizerSpec:
    return replace(spec, components={**spec.components, **parts})


def decoder_lost(source: Path, target: Path) -> None:
    """The tokenizer has no decoder, so that bytes stay spelled as letters."""
    _change(source, target, lambda spec: _component(spec, decoder=None))


def normalizer_added(source: Path, target: Path) -> None:
    """Text is put into lower case before it is cut."""
    _change(source, target, lambda spec: _component(spec, normalizer={"type": "Lowercase"}))


def cut_at_spaces(source: Path, target: Path) -> None:
    """Text is cut at white space, which is then gone."""
    _change(source, target, lambda spec: _component(spec, pre_tokenizer={"type": "WhitespaceSplit"}))


def tokenizer_removed(source: Path, target: Path) -> None:
    """No vocabulary, no merges, nothing to rebuild a tokenizer from."""

    def without(metadata: Metadata) -> Metadata:
        return {k: v for k, v in metadata.items() if not k.startswith(("tokenizer.", "shipworthy.tokenizer"))}

    rewrite_apr(source, target, metadata=without, tokenizer=lambda _: None)


def special_token_id_out_of_range(source: Path, target: Path) -> None:
    """The end-of-text id is one past the vocabulary."""
    _restate(source, target, lambda spec: {"tokenizer.eos_token_id": len(spec.tokens)})


def token_renamed(source: Path, target: Path) -> None:
    """A token that merges build is spelled otherwise in the vocabulary."""
    _restate(
        source, target, lambda spec: {"tokenizer.vocabulary": [*spec.tokens[:-1], spec.tokens[-1] + "?"]}
    )


def token_listed_twice(source: Path, target: Path) -> None:
    """The last token of the vocabulary is the first one again."""
    _restate(source, target, lambda spec: {"tokenizer.vocabulary": [*spec.tokens[:-1], spec.tokens[0]]})


def vocabulary_outgrew_embedding(source: Path, target: Path) -> None:
    """Sixty-four tokens more are listed than before."""

    def grown(spec: TokenizerSpec) -> dict[str, Any]:
        return {"tokenizer.vocabulary": [*spec.tokens, *(f"<|added_{n}|>" for n in range(64))]}

    _restate(source, target, grown)


def _restate(source: Path, target: Path, change: Callable[[TokenizerSpec], dict[str, Any]]) -> None:
    """Copy an `.apr`, its tokenizer's metadata written as it stands but for some keys."""
    with open_checkpoint(source) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    stated = {**spec.to_apr(), **change(spec)}
    rewrite_apr(source, target, metadata=lambda m: {**m, **stated}, tokenizer=lambda _: None)


def pre_tokenizer_renamed(source: Path, target: Path) -> None:
    """The pre-tokenizer is said to be llama-bpe, which cuts words, digits and line ends differently."""
    change_field(source, target, "tokenizer.ggml.pre", lambda _: "llama-bpe")


def merges_lost(source: Path, target: Path) -> None:
    """The file lists no merges."""
    rewrite_gguf(source, target, fields=lambda f: {k: v for k, v in f.items() if k != _MERGES})


def merges_reversed(source: Path, target: Path) -> None:
    """The merges stand in the opposite order, so that the rarest comes first."""
    change_field(source, target, _MERGES, lambda merges: merges[::-1])


def tokens_exchanged(source: Path, target: Path) -> None:
    """The ids of the line end and of the space are exchanged."""

    def exchanged(tokens: list[str]) -> list[str]:
        places = {"Ċ": "Ġ", "Ġ": "Ċ"}
        return [places.get(token, token) for token in tokens]

    change_field(source, target, "tokenizer.ggml.tokens", exchanged)


def special_tokens_as_text(source: Path, target: Path) -> None:
    """Control tokens are typed as ordinary ones, so that their text is cut into pieces."""

    def plain(fields: Fields) -> Fields:
        kinds = fields["tokenizer.ggml.token_type"]
        return {
            **fields,
            "tokenizer.ggml.token_type": [_NORMAL if kind == _CONTROL else kind for kind in kinds],
        }

    rewrite_gguf(source, target, fields=plain)


MADE = makes(
    "apr",
    decoder_lost,
    normalizer_added,
    cut_at_spaces,
    tokenizer_removed,
    special_token_id_out_of_range,
    token_renamed,
    token_listed_twice,
    vocabulary_outgrew_embedding,
) | makes(
    "gguf",
    pre_tokenizer_renamed,
    merges_lost,
    merges_reversed,
    tokens_exchanged,
    special_tokens_as_text,
)
