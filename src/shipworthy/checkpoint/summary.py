"""What a checkpoint says of itself, as JSON: everything that is known without reading a tensor's values."""

from __future__ import annotations

import math
from typing import Any

from ..architecture import (
    C03_FIELDS,
    PLAUSIBLE,
    aliased_twice,
    disagreements,
    has_attention_bias,
    has_qk_norm,
    implausible,
    is_missing,
    resolve_aliases,
)
from ..errors import FileError
from .finite_json import finite
from .view import Checkpoint

_LEFT_TO_TOKENIZER = ("chat_template", "shipworthy.tokenizer")


def summarize(checkpoint: Checkpoint, *, verify: bool = False, digest: bool = False) -> dict[str, Any]:
    """A JSON object; sizes in bytes. `verify` reads and checks the whole content, `digest` hashes it.

    A number that is not finite is given as a string. Raises FileError where `verify` finds the file broken;
    missing, implausible or contradicting metadata is reported, not raised.
    """
    if verify:
        checkpoint.verify()
    stated = resolve_aliases(checkpoint.metadata)
    shapes = {name: entry.shape for name, entry in checkpoint.tensors.items()}
    summary = {
        "name": checkpoint.path.resolve().name,
        "format": checkpoint.format,
        "size": checkpoint.size,
        "digest": checkpoint.digest() if digest else "not computed",
        "content_verified": verify,
        "architecture": {
            **{field: stated.get(field) for field in ("architecture", *PLAUSIBLE)},
            "tied_embeddings": "lm_head.weight" not in shapes,
            "attention_bias": has_attention_bias(shapes),
            "qk_norm": has_qk_norm(shapes),
        },
        "parameters": sum(math.prod(shape) for shape in shapes.values()),
        "missing": [field for field in ("architecture", *C03_FIELDS) if is_missing(stated, field)],
        "stated_twice": aliased_twice(checkpoint.metadata),
        "implausible": implausible(stated),
        "disagreements": disagreements(stated, shapes),
        "unsupported": [problem.message for problem in checkpoint.unsupported],
        "tokenizer": _tokenizer(checkpoint),
        "metadata": {
            key: value for key, value in checkpoint.metadata.items() if key not in _LEFT_TO_TOKENIZER
        },
        "tensor_count": len(checkpoint.tensors),
        "tensors": [
            {"name": name, "dtype": entry.dtype, "shape": list(entry.shape), "bytes": entry.nbytes}
            for name, entry in checkpoint.tensors.items()
        ],
    }
    return {key: finite(value) for key, value in summary.items()}


def _tokenizer(checkpoint: Checkpoint) -> dict[str, Any] | None:
    try:
        spec = checkpoint.tokenizer()
    except FileError as error:
        return {"broken": error.message}
    if spec is None:
        return None
    return {
        "size": len(spec.tokens),
        "merges": len(spec.merges),
        "pre": spec.pre,
        "added_tokens": len(spec.added_tokens),
        "bos_token_id": spec.bos_token_id,
        "eos_token_id": spec.eos_token_id,
        "unk_token_id": spec.unk_token_id,
        "pad_token_id": spec.pad_token_id,
        "chat_template": spec.chat_template is not None,
    }
