"""Measures gguf_vocabulary@1: the export's token list beside its embedding and the checkpoint's tokenizer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from ...checkpoint import open_checkpoint
from ...errors import FileError

_EMBEDDING = "model.embed_tokens.weight"


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path) -> dict[str, Any]:
    """Raw: numbers, runs of token types, and every token that is not what the checkpoint's tokenizer has."""
    with open_checkpoint(subject) as checkpoint:
        spec = checkpoint.tokenizer()
    if spec is None:
        raise FileError("no-tokenizer", "embeds no tokenizer to compare the export with", path=subject)
    with open_checkpoint(artifacts["gguf"]) as export:
        tokens = _listed(export.native_metadata, "tokenizer.ggml.tokens")
        types = _listed(export.native_metadata, "tokenizer.ggml.token_type")
        embedding = export.tensors.get(_EMBEDDING)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for token_id, token in enumerate(tokens):
        places[token].append(token_id)
    return {
        "embedding_rows": embedding.shape[0] if embedding is not None and embedding.shape else None,
        "tokens": len(tokens),
        "types": [[kind, len(list(run))] for kind, run in groupby(types)],
        "repeated": [{"token": token, "ids": ids} for token, ids in places.items() if len(ids) > 1],
        "vocabulary": len(spec.tokens),
        "differ": [
            token_id
            for token_id, token in enumerate(spec.tokens)
            if token_id >= len(tokens) or tokens[token_id] != token
        ],
        "added": [
            {
                "id": added.id,
                "content": added.content,
                "found": tokens[added.id] if added.id < len(tokens) else None,
                "type": types[added.id] if added.id < len(types) else None,
            }
            for added in spec.added_tokens
        ],
    }


def _listed(fields: Mapping[str, Any], key: str) -> list[Any]:
    value = fields.get(key)
    return list(value) if isinstance(value, list | tuple) else []
