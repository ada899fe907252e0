"""self_contained@1: whether one file holds everything that the model and its tokenizer need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...architecture import resolve_aliases
from ..probe import DATA_REFERENCE, Probe, Quantity
from .closed_names import closed_names, is_buildable, missing_constants


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the tensors that are there with those that the stated architecture has."""
    metadata = resolve_aliases(raw["metadata"])
    found = raw["tensors"]
    expected = closed_names(metadata, set(found)) if is_buildable(metadata) else set()
    tokenizer = raw["tokenizer"]
    return {
        "format": raw["format"],
        "architecture_missing": missing_constants(metadata),
        "tokenizer_embedded": tokenizer is not None or raw["tokenizer_error"] is not None,
        "tokenizer_rebuilds": tokenizer is not None and _fits(tokenizer, metadata),
        "texts": 0 if tokenizer is None else len(tokenizer["texts"]),
        "texts_changed": []
        if tokenizer is None
        else [text["id"] for text in tokenizer["texts"] if not text["same"]],
        "tensors": len(found),
        "tensors_missing": sorted(expected - set(found)),
        "tensors_unexpected": sorted(set(found) - expected),
        "tensors_not_finite": sorted(name for name, tensor in found.items() if tensor["not_finite"]),
        "tensors_all_zero": sorted(
            name for name, tensor in found.items() if tensor["nonzero"] == 0 and len(tensor["shape"]) > 1
        ),
        "parameters": sum(math.prod(tensor["shape"]) for tensor in found.values()),
    }


def _fits(tokenizer: Mapping[str, Any], metadata: Mapping[str, Any]) -> bool:
    """Special ids point into the vocabulary, and the vocabulary fits the embedding rows."""
    size = tokenizer["tokens"]
    ids_inside = all(0 <= token_id < size for token_id in tokenizer["special_ids"].values())
    rows = metadata.get("vocab_size")
    return size > 0 and ids_inside and isinstance(rows, int) and size <= rows


_TENSOR = {
    "type": "object",
    "required": ["dtype", "shape", "not_finite", "nonzero"],
    "additionalProperties": False,
    "properties": {
        "dtype": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "not_finite": {"type": "integer", "minimum": 0},
        "nonzero": {"type": "integer", "minimum": 0},
    },
}
_TOKENIZER = {
    "type": ["object", "null"],
    "required": ["tokens", "special_ids", "texts"],
    "additionalProperties": False,
    "properties": {
        "tokens": {"type": "integer", "minimum": 0},
        "special_ids": {"type": "object", "additionalProperties": {"type": "integer"}},
        "texts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "ids", "same"],
                "additionalProperties": False,
                "properties": {
                    "id": {"type": "string"},
                    "ids": {"type": "integer", "minimum": 0},
                    "same": {"type": "boolean"},
                },
            },
        },
    },
}

PROBE = Probe(
    name="self_contained@1",
    description=(
        "Reads one checkpoint and nothing else: counts the values of every tensor, "
        "rebuilds the tokenizer and sends texts through it and back."
    ),
    parameters={
        "texts": DATA_REFERENCE,
    },
    quantities={
        "format": Quantity("string", "apr, gguf or hf", values=("apr", "gguf", "hf")),
        "architecture_missing": Quantity("array", "constants that the metadata lacks", items="string"),
        "tokenizer_embedded": Quantity("boolean", "vocabulary and merges are inside"),
        "tokenizer_rebuilds": Quantity(
            "boolean", "they rebuild; special ids fit the vocabulary, and that fits the embedding rows"
        ),
        "texts": Quantity("integer", "texts sent through the rebuilt tokenizer", minimum=0),
        "texts_changed": Quantity(
            "array", "ids of texts that did not come back byte for byte", items="string", among="texts"
        ),
        "tensors": Quantity("integer", "tensors in the file", minimum=0),
        "tensors_missing": Quantity(
            "array", "tensors of the stated architecture that are absent", items="string"
        ),
        "tensors_unexpected": Quantity(
            "array", "tensors that the stated architecture has not", items="string", among="parameters"
        ),
        "tensors_not_finite": Quantity(
            "array", "tensors with a NaN or an infinity", items="string", among="parameters"
        ),
        "tensors_all_zero": Quantity(
            "array", "matrices without one non-zero value", items="string", among="parameters"
        ),
        "parameters": Quantity("integer", "scalars in all tensors", minimum=0),
    },
    raw_schema={
        "type": "object",
        "required": [
            "format",
            "metadata",
            "tensors",
            "tokenizer",
            "tokenizer_error",
        ],
        "additionalProperties": False,
        "properties": {
            "format": {"enum": ["apr", "gguf", "hf"]},
            "metadata": {"type": "object"},
            "tensors": {"type": "object", "minProperties": 1, "additionalProperties": _TENSOR},
            "tokenizer": _TOKENIZER,
            "tokenizer_error": {"type": ["string", "null"]},
        },
    },
    summarize=summarize,
)
