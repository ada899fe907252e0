"""Planted defects of the file that is handed over."""

from __future__ import annotations

from pathlib import Path

from ...pipeline.export import export_gguf
from .gguf_file import Fields, rewrite_gguf
from .table import makes

_TOKEN_ARRAYS = ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.scores")
_UNUSED = 5


def written_as_gguf(source: Path, target: Path) -> None:
    """A correct F32 export lies where the checkpoint should."""
    export_gguf(source, target, "f32")


def vocabulary_not_padded(source: Path, target: Path) -> None:
    """The tokens that pad the vocabulary to the embedding's rows are not listed."""

    def unpadded(fields: Fields) -> Fields:
        kept = [kind for kind in fields["tokenizer.ggml.token_type"] if kind != _UNUSED]
        cut = {name: fields[name][: len(kept)] for name in _TOKEN_ARRAYS if name in fields}
        return {**fields, **cut}

    rewrite_gguf(source, target, fields=unpadded)


def pre_tokenizer_renamed(source: Path, target: Path) -> None:
    """The pre-tokenizer is said to be llama-bpe, which cuts words, digits and line ends differently."""
    rewrite_gguf(source, target, fields=lambda f: {**f, "tokenizer.ggml.pre": "llama-bpe"})


MADE = makes("apr", written_as_gguf) | makes("gguf", vocabulary_not_padded, pre_tokenizer_renamed)
