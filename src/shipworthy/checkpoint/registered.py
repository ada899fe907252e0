"""What a checkpoint is, in the words of a registration."""

from __future__ import annotations

import math
from typing import Any

from ..architecture import canonical_name, has_qk_norm, resolve_aliases
from ..contract.registered import Found, with_head_dim
from ..errors import FileError
from .view import Checkpoint


def found_in(checkpoint: Checkpoint) -> Found:
    """Constants, parameters and tokenizer of an opened checkpoint, as a registration would state them."""
    constants: dict[str, Any] = {
        **resolve_aliases(checkpoint.metadata),
        "architecture": architecture_of(checkpoint),
        "tied_embeddings": "lm_head.weight" not in checkpoint.tensors,
        "attention_bias": any(name.endswith("q_proj.bias") for name in checkpoint.tensors),
        "qk_norm": has_qk_norm(checkpoint.tensors),
    }
    return Found(
        constants=with_head_dim(constants),
        parameters=sum(math.prod(entry.shape) for entry in checkpoint.tensors.values()),
        tokenizer=_tokenizer_digest(checkpoint),
    )


def architecture_of(checkpoint: Checkpoint) -> str:
    """The stated label under its canonical name, where it has one."""
    label = str(checkpoint.metadata.get("architecture", ""))
    return canonical_name(label) or label


def _tokenizer_digest(checkpoint: Checkpoint) -> str:
    """The digest of the tokenizer inside, or what stands for one that is absent or broken."""
    try:
        spec = checkpoint.tokenizer()
    except FileError:
        return "broken"
    return "absent" if spec is None else spec.digest()
