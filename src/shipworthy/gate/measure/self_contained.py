"""Measures self_contained@1: the values of every tensor, and texts through the rebuilt tokenizer and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import Checkpoint, TokenizerSpec, open_checkpoint
from ...errors import FileError
from ..canary import read_texts
from .checkpoint_metadata import plain


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, texts: Path) -> dict[str, Any]:
    """Raw: verified content, counts of values that are not finite and not zero per tensor, texts by id."""
    with open_checkpoint(subject) as checkpoint:
        checkpoint.verify()
        return {
            "format": checkpoint.format,
            "metadata": plain(checkpoint.metadata),
            "tensors": {name: _tensor(checkpoint, name) for name in checkpoint.tensors},
            **_tokenizer(checkpoint, texts),
        }


def _tensor(checkpoint: Checkpoint, name: str) -> dict[str, Any]:
    values = checkpoint.read(name)
    return {
        "dtype": checkpoint.tensors[name].dtype,
        "shape": list(checkpoint.tensors[name].shape),
        "not_finite": int(values.size - np.count_nonzero(np.isfinite(values))),
        "nonzero": int(np.count_nonzero(values)),
    }


def _tokenizer(checkpoint: Checkpoint, texts: Path) -> dict[str, Any]:
    """A tokenizer that is there and broken is a finding, not the end of the measurement."""
    try:
        spec = checkpoint.tokenizer()
    except FileError as error:
        return {"tokenizer": None, "tokenizer_error": error.message}
    if spec is None:
        return {"tokenizer": None, "tokenizer_error": None}
    return {"tokenizer": _sent_through(spec, texts), "tokenizer_error": None}


def _sent_through(spec: TokenizerSpec, texts: Path) -> dict[str, Any]:
    tokenizer = spec.build()
    special = {
        name: token_id
        for name, token_id in (
            ("bos", spec.bos_token_id),
            ("eos", spec.eos_token_id),
            ("unk", spec.unk_token_id),
            ("pad", spec.pad_token_id),
        )
        if token_id is not None
    }
    results = []
    for text in read_texts(texts):
        ids = tokenizer.encode(text.text, add_special_tokens=False).ids
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        results.append({"id": text.id, "ids": len(ids), "same": decoded == text.text})
    return {"tokens": len(spec.tokens), "special_ids": special, "texts": results}
