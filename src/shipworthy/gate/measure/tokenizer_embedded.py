"""Measures tokenizer_embedded@1: what the format's own keys say of the tokenizer, as they say it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import Checkpoint, TokenizerSpec, open_checkpoint
from ...errors import ShipworthyError
from .refusal import as_text

_VOCABULARY = {"apr": "tokenizer.vocabulary", "gguf": "tokenizer.ggml.tokens"}
_MERGES = {"apr": "tokenizer.merges", "gguf": "tokenizer.ggml.merges"}
_IDS = {
    "apr": ("tokenizer.bos_token_id", "tokenizer.eos_token_id"),
    "gguf": tuple(f"tokenizer.ggml.{name}_token_id" for name in ("bos", "eos", "unknown", "padding")),
    "hf": ("bos_token_id", "eos_token_id", "pad_token_id"),
}


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path) -> dict[str, Any]:
    """Raw: sizes of vocabulary and merges, token 0, ids of added tokens, and the special ids as stated."""
    with open_checkpoint(subject) as checkpoint:
        refusal, spec = None, None
        try:
            spec = checkpoint.tokenizer()
            if spec is not None:
                spec.build()
        except ShipworthyError as error:
            refusal = as_text(error)
        native = checkpoint.native_metadata
        tokens = _listed(checkpoint, _VOCABULARY) or (list(spec.tokens) if spec else [])
        return {
            "format": checkpoint.format,
            "tensors": len(checkpoint.tensors),
            "vocabulary": len(tokens),
            "merges": len(_listed(checkpoint, _MERGES) or (spec.merges if spec else ())),
            "first_token": tokens[0] if tokens and isinstance(tokens[0], str) else None,
            "added_ids": _added(spec),
            "special_ids": {
                name: native[name] for name in _IDS[checkpoint.format] if native.get(name) is not None
            },
            "rebuilds": spec is not None and refusal is None,
            "refusal": refusal,
        }


def _listed(checkpoint: Checkpoint, keys: Mapping[str, str]) -> list[Any]:
    """A list of the format's own metadata; empty where it has none, or what is there is no list."""
    value = checkpoint.native_metadata.get(keys.get(checkpoint.format, ""))
    return list(value) if isinstance(value, list | tuple) else []


def _added(spec: TokenizerSpec | None) -> list[int]:
    return [] if spec is None else [token.id for token in spec.added_tokens]
