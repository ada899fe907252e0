"""checkpoint_metadata@1: what a checkpoint's metadata states, and whether its tensors agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...architecture import (
    FAMILIES,
    aliased_twice,
    canonical_name,
    disagreements,
    implausible,
    is_missing,
    resolve_aliases,
)
from ..probe import Probe, Quantity


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities from raw metadata and tensor shapes; nothing about the file is taken on trust."""
    stated = raw["metadata"]
    metadata = resolve_aliases(stated)
    shapes = {name: tuple(shape) for name, shape in raw["shapes"].items()}
    problems = disagreements(metadata, shapes)
    label = metadata.get("architecture")
    known = isinstance(label, str) and canonical_name(label) is not None
    return {
        "format": raw["format"],
        "format_name": raw["format"].upper(),
        "fields": len(raw["requested"]),
        "missing": [field for field in raw["requested"] if is_missing(metadata, field)],
        "aliased_twice": aliased_twice(stated),
        "implausible": implausible(metadata),
        "dimension_disagreements": [p for p in problems if not p.startswith("architecture ")],
        "label_disagreements": [p for p in problems if p.startswith("architecture ")],
        "architecture": str(label),
        "architecture_known": known,
        "architecture_canonical": known and label in FAMILIES,
    }


PROBE = Probe(
    name="checkpoint_metadata@1",
    description="Reads the metadata and the tensor shapes of a checkpoint, without reading tensor data.",
    parameters={
        "fields": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "uniqueItems": True,
        },
    },
    quantities={
        "format": Quantity("string", "apr, gguf or hf", values=("apr", "gguf", "hf")),
        "format_name": Quantity("string", "the format as a sentence writes it: APR, GGUF or HF"),
        "fields": Quantity("integer", "how many fields were asked for", minimum=0),
        "missing": Quantity(
            "array", "fields that are absent or null, in the order asked", items="string", among="fields"
        ),
        "aliased_twice": Quantity(
            "array", "fields stated under more than one name", items="string", among="fields"
        ),
        "implausible": Quantity(
            "array", "a sentence per stated value that cannot be meant", items="string", among="fields"
        ),
        "dimension_disagreements": Quantity(
            "array", "a sentence per constant that the tensors contradict", items="string"
        ),
        "label_disagreements": Quantity(
            "array", "a sentence where the architecture label contradicts the tensors", items="string"
        ),
        "architecture": Quantity("string", "the label as stated"),
        "architecture_known": Quantity("boolean", "the label is a known name, in either spelling"),
        "architecture_canonical": Quantity("boolean", "the label is llama.cpp's own spelling"),
    },
    raw_schema={
        "type": "object",
        "required": ["format", "requested", "metadata", "shapes"],
        "additionalProperties": False,
        "properties": {
            "format": {"enum": ["apr", "gguf", "hf"]},
            "requested": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "metadata": {"type": "object"},
            "shapes": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            },
        },
    },
    summarize=summarize,
    samples=frozenset({"fields"}),
)
