"""What a checkpoint would lose in another format or dtype, one thing at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ..architecture import ArchitectureConfig
from ..checkpoint import Checkpoint, TokenizerSpec
from ..checkpoint.apr_fields import apr_metadata
from ..checkpoint.carried import contradicted


def losses(
    checkpoint: Checkpoint, config: ArchitectureConfig, to: str, dtype: str, types: Mapping[str, str]
) -> Iterator[str]:
    """What would be lost, cheap things first. `types` gives the dtype that each tensor will be stored in.

    Values are compared where the dtype alone does not decide: weights that were trained in BF16 and stored
    as F32 lose nothing in BF16.
    """
    for name in checkpoint.tensors:
        if name not in types:
            yield f"the tensor {name}, which is no part of the model"
    yield from _metadata_losses(checkpoint, config, to)
    tokenizer = checkpoint.tokenizer()
    if tokenizer is not None:
        yield from _tokenizer_losses(tokenizer, config, to)
    for name, kind in types.items():
        if _rounds(checkpoint, name, kind):
            yield f"precision of {name}: {checkpoint.tensors[name].dtype} becomes {kind}"


def _metadata_losses(checkpoint: Checkpoint, config: ArchitectureConfig, to: str) -> Iterator[str]:
    if to == "apr" and checkpoint.metadata.get("created_at") is not None:
        yield "the metadata field created_at, which is read and never written"
    if to != "apr" and checkpoint.native_metadata.get("tokenizer.scores") is not None:
        yield "the metadata field tokenizer.scores"
    if to == "hf":
        from ..checkpoint.hf_config import config_from, metadata_from_config

        native = metadata_from_config(config_from(config, {}, None), Path("config.json"))
        metadata = apr_metadata(checkpoint)
        for key in contradicted(metadata, native):
            yield f"the metadata field {key}: {metadata[key]!r:.80} becomes {native[key]!r}"


def _tokenizer_losses(tokenizer: TokenizerSpec, config: ArchitectureConfig, to: str) -> Iterator[str]:
    if to == "hf" and not tokenizer.components:
        yield "the tokenizer: the file does not say how text is cut into words"
    elif to == "gguf" and tokenizer.pre:
        from ..checkpoint.tokenizer_gguf import spec_from_gguf

        back = spec_from_gguf(tokenizer.to_gguf(config.vocab_size), Path("model.gguf"))
        if back.tokens != tokenizer.tokens:
            count = len(tokenizer.tokens) - len(back.tokens)
            yield f"{count} unused tokens at the end of the vocabulary, first {tokenizer.tokens[-count]!r}"


def _rounds(checkpoint: Checkpoint, name: str, kind: str) -> bool:
    stored = checkpoint.tensors[name].dtype
    if kind in (stored, "F32"):
        return False
    if kind == "Q8_0":
        return True
    return any(_changes(block, kind) for block in checkpoint.blocks(name))


def _changes(values: np.ndarray, kind: str) -> bool:
    """Whether a value of this float32 block has no equal in F16 or BF16; a NaN stays a NaN."""
    if kind == "F16":
        with np.errstate(over="ignore", invalid="ignore"):
            back = values.astype(np.float16).astype(np.float32)
        return not np.array_equal(back, values, equal_nan=True)
    bits = np.ascontiguousarray(values).view(np.uint32)
    return bool(((bits & 0xFFFF != 0) & ~np.isnan(values)).any())
