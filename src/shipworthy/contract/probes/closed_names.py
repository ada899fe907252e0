"""The tensors that a stated architecture has: a closed set, so that nothing is lost or left over unseen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...architecture import FAMILIES, ArchitectureConfig, canonical_name, implausible, is_missing

CONSTANTS = (
    "architecture",
    "hidden_size",
    "num_layers",
    "num_heads",
    "num_kv_heads",
    "vocab_size",
    "intermediate_size",
    "max_position_embeddings",
    "rope_theta",
    "rms_norm_eps",
)
"""What must be stated before a decoder can be built."""

_FLOATS = ("rope_theta", "rms_norm_eps")


def missing_constants(metadata: Mapping[str, Any]) -> list[str]:
    """The constants that metadata, aliases resolved, does not state."""
    return [field for field in CONSTANTS if is_missing(metadata, field)]


def is_buildable(metadata: Mapping[str, Any]) -> bool:
    """Whether the stated constants are those of some decoder; of none, every tensor is unexpected."""
    label = metadata.get("architecture")
    known = isinstance(label, str) and canonical_name(label) is not None
    return known and not missing_constants(metadata) and not implausible(metadata)


def closed_names(metadata: Mapping[str, Any], found: set[str]) -> set[str]:
    """The name set of the architecture that buildable metadata states, under Hugging Face names.

    Whether there are biases follows from the label, never from the tensors, so that a wrong label shows.
    """
    name = canonical_name(metadata["architecture"])
    assert name is not None
    dimensions = {
        field: int(metadata[field]) for field in CONSTANTS if field not in ("architecture", *_FLOATS)
    }
    heads = dimensions["num_heads"]
    config = ArchitectureConfig(
        architecture=name,
        head_dim=int(metadata.get("head_dim") or (dimensions["hidden_size"] // heads if heads else 0)),
        rope_theta=float(metadata["rope_theta"]),
        rms_norm_eps=float(metadata["rms_norm_eps"]),
        tied_embeddings="lm_head.weight" not in found,
        attention_bias=FAMILIES[name].attention_bias,
        qk_norm=FAMILIES[name].qk_norm,
        **dimensions,
    )
    return set(config.tensor_shapes())
