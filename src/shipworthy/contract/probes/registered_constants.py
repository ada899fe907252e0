"""registered_constants@1: the constants by which our stack builds and trains a decoder from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...architecture import FAMILIES
from ..probe import Probe, Quantity

INTEGERS = (
    "hidden_size",
    "num_layers",
    "num_heads",
    "num_kv_heads",
    "head_dim",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
)
NUMBERS = ("rope_theta", "rms_norm_eps")
BOOLEANS = ("tied_embeddings", "attention_bias")
FIELDS = ("architecture", *INTEGERS, *NUMBERS, *BOOLEANS)


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Each constant as a quantity; None, which meets nothing, where no decoder can be built."""
    constants = raw["constants"] or dict.fromkeys(FIELDS)
    return {
        "tensors": raw["tensors"],
        "usable": raw["constants"] is not None,
        "refusal": raw["refusal"] or "",
        "family_known": constants["architecture"] in FAMILIES,
        **{field: constants[field] for field in FIELDS},
    }


PROBE = Probe(
    name="registered_constants@1",
    description=(
        "Reads the constants of the decoder that training and inference build from this checkpoint, from its "
        "metadata and its tensors."
    ),
    parameters={},
    quantities={
        "tensors": Quantity("integer", "tensors in the file", minimum=0),
        "usable": Quantity("boolean", "a decoder can be built from what is stated"),
        "refusal": Quantity("string", "why not, else empty"),
        "family_known": Quantity("boolean", "the architecture is one that this project builds"),
        "architecture": Quantity("string", "the family's name in llama.cpp"),
        **{field: Quantity("integer", f"{field} of the decoder", minimum=0) for field in INTEGERS},
        **{field: Quantity("number", f"{field} of the decoder", minimum=0) for field in NUMBERS},
        "tied_embeddings": Quantity("boolean", "the output projection is the embedding"),
        "attention_bias": Quantity("boolean", "q, k and v have biases"),
    },
    raw_schema={
        "type": "object",
        "required": ["format", "tensors", "constants", "refusal"],
        "additionalProperties": False,
        "properties": {
            "format": {"enum": ["apr", "gguf", "hf"]},
            "tensors": {"type": "integer", "minimum": 0},
            "constants": {
                "type": ["object", "null"],
                "required": list(FIELDS),
                "additionalProperties": False,
                "properties": {
                    "architecture": {"type": "string"},
                    **{field: {"type": "integer"} for field in INTEGERS},
                    **{field: {"type": "number"} for field in NUMBERS},
                    **{field: {"type": "boolean"} for field in BOOLEANS},
                },
            },
            "refusal": {"type": ["string", "null"]},
        },
    },
    summarize=summarize,
)
