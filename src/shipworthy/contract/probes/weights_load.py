"""weights_load@1: whether the weights of a directory load through safetensors, whole and finite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Counts over the files and the tensors; a tensor is loaded if the decoder holds it in its shape."""
    tensors, decoder = raw["tensors"], raw["decoder"]
    return {
        "format": raw["format"],
        "safetensors_files": len(raw["safetensors"]),
        "pickles": raw["pickles"],
        "loads": raw["refusal"] is None,
        "refusal": raw["refusal"] or "",
        "tensors": len(tensors),
        "tensors_not_finite": sorted(name for name, entry in tensors.items() if entry["not_finite"]),
        "tensors_not_loaded": sorted(
            name for name, entry in tensors.items() if decoder.get(name) != entry["shape"]
        ),
        "tensors_absent": sorted(decoder.keys() - tensors.keys()),
    }


_NAMES = {"type": "array", "items": {"type": "string"}}
_SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 0}}

PROBE = Probe(
    name="weights_load@1",
    description=(
        "Opens a directory's safetensors, counts the values of every tensor that are not finite, and loads "
        "them into the decoder."
    ),
    parameters={"dtype": {"enum": ["f32", "f16", "bf16"]}},
    quantities={
        "format": Quantity("string", "apr, gguf or hf", values=("apr", "gguf", "hf")),
        "safetensors_files": Quantity("integer", "safetensors files that the weights lie in", minimum=0),
        "pickles": Quantity(
            "array", "files beside them that run code when loaded", items="string", among="safetensors_files"
        ),
        "loads": Quantity("boolean", "every tensor went into the decoder"),
        "refusal": Quantity("string", "what was refused, else empty"),
        "tensors": Quantity("integer", "tensors in the files", minimum=0),
        "tensors_not_finite": Quantity(
            "array", "tensors with a NaN or an infinity", items="string", among="tensors"
        ),
        "tensors_not_loaded": Quantity(
            "array",
            "tensors of the files that the decoder does not hold in their shape",
            items="string",
            among="tensors",
        ),
        "tensors_absent": Quantity(
            "array", "tensors of the decoder that no file has", items="string", among="tensors"
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["format", "safetensors", "pickles", "refusal", "tensors", "decoder"],
        "additionalProperties": False,
        "properties": {
            "format": {"enum": ["apr", "gguf", "hf"]},
            "safetensors": _NAMES,
            "pickles": _NAMES,
            "refusal": {"type": ["string", "null"]},
            "tensors": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["dtype", "shape", "not_finite"],
                    "additionalProperties": False,
                    "properties": {
                        "dtype": {"type": "string"},
                        "shape": _SHAPE,
                        "not_finite": {"type": "integer", "minimum": 0},
                    },
                },
            },
            "decoder": {"type": "object", "additionalProperties": _SHAPE},
        },
    },
    summarize=summarize,
)
