"""The metadata fields an inference runtime needs: their aliases, their plausible ranges, their meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

C03_FIELDS = ("hidden_size", "num_layers", "num_heads", "intermediate_size")
"""In the order in which a runtime asks for them: the first missing one is what it names."""

DIMENSION_FIELDS = (*C03_FIELDS, "num_kv_heads", "vocab_size", "max_position_embeddings")
"""Whole numbers above zero."""

ALIASES: dict[str, tuple[str, ...]] = {
    "hidden_size": ("hidden_dim", "d_model", "n_embd"),
    "num_layers": ("n_layers", "num_hidden_layers", "n_layer"),
    "num_heads": ("n_heads", "num_attention_heads", "n_head"),
    "num_kv_heads": ("n_kv_heads", "num_key_value_heads"),
    "vocab_size": ("n_vocab",),
    "intermediate_size": ("ffn_dim", "intermediate_dim", "n_inner"),
    "max_position_embeddings": ("max_seq_len", "context_length", "n_ctx"),
    "rms_norm_eps": ("layer_norm_eps", "norm_eps"),
}
"""Other names of a field that are met in the wild."""

PLAUSIBLE: dict[str, tuple[float, float]] = {
    "hidden_size": (1, 65_536),
    "num_layers": (1, 256),
    "num_heads": (1, 256),
    "num_kv_heads": (1, 256),
    "head_dim": (1, 65_536),
    "vocab_size": (1, 1_000_000),
    "intermediate_size": (1, 262_144),
    "max_position_embeddings": (1, 2_097_152),
    "rope_theta": (1, 1e8),
    "rms_norm_eps": (1e-10, 0.01),
}
"""Inclusive ranges outside which a field cannot be meant."""


def aliased_twice(metadata: Mapping[str, Any]) -> list[str]:
    """Fields that one file states under more than one name."""
    return [
        field for field, aliases in ALIASES.items() if sum(name in metadata for name in (field, *aliases)) > 1
    ]


def resolve_aliases(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata with every alias replaced by its field; a field stated under its own name wins."""
    resolved = dict(metadata)
    for field, aliases in ALIASES.items():
        for alias in aliases:
            if alias in resolved:
                value = resolved.pop(alias)
                resolved.setdefault(field, value)
    return resolved


def is_missing(metadata: Mapping[str, Any], field: str) -> bool:
    """Whether a runtime would find no value: absent or null."""
    return metadata.get(field) is None


def implausible(metadata: Mapping[str, Any]) -> list[str]:
    """One sentence per stated field that cannot be meant; absent fields are not its business."""
    problems = []
    for field, (low, high) in PLAUSIBLE.items():
        value = metadata.get(field)
        if value is None:
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not low <= value <= high:
            problems.append(f"{field} is {value!r}, outside {low:g}..{high:g}")
        elif field in (*DIMENSION_FIELDS, "head_dim") and value != int(value):
            problems.append(f"{field} is {value!r}, not a whole number")
    problems.extend(_indivisible(metadata))
    return problems


def _indivisible(metadata: Mapping[str, Any]) -> list[str]:
    def whole(field: str) -> int | None:
        value = metadata.get(field)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

    hidden, heads, kv_heads = whole("hidden_size"), whole("num_heads"), whole("num_kv_heads")
    problems = []
    if hidden and heads and metadata.get("head_dim") is None and hidden % heads:
        problems.append(
            f"hidden_size {hidden} is not a multiple of num_heads {heads}, and head_dim is absent"
        )
    if heads and kv_heads and heads % kv_heads:
        problems.append(f"num_heads {heads} is not a multiple of num_kv_heads {kv_heads}")
    return problems
