"""tensor_names@1: whether the tensors of a file are exactly those of the architecture that it states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...architecture import disagreements, resolve_aliases
from ..probe import Probe, Quantity
from .closed_names import closed_names, is_buildable


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the names with the closed set of (architecture, layers), and the label with their evidence."""
    metadata = resolve_aliases(raw["metadata"])
    found = set(raw["names"])
    buildable = is_buildable(metadata)
    expected = closed_names(metadata, found) if buildable else set()
    evidence = disagreements({"architecture": metadata.get("architecture")}, dict.fromkeys(found, ()))
    return {
        "buildable": buildable,
        "architecture": str(metadata.get("architecture")),
        "tensors": len(raw["names"]),
        "missing": sorted(expected - found),
        "unexpected": sorted(found - expected),
        "label_disagreements": evidence,
        "tied_embeddings": "lm_head.weight" not in found,
    }


PROBE = Probe(
    name="tensor_names@1",
    description="Reads the tensor names of a file, by their Hugging Face names, and the constants stated.",
    parameters={"file": {"enum": ["checkpoint", "gguf"]}},
    quantities={
        "buildable": Quantity("boolean", "the stated constants are those of a decoder"),
        "architecture": Quantity("string", "the label as stated"),
        "tensors": Quantity("integer", "tensors in the file", minimum=0),
        "missing": Quantity(
            "array", "tensors of that architecture that are not there", items="string", among="tensors"
        ),
        "unexpected": Quantity(
            "array", "tensors that it has not, which nothing would consume", items="string", among="tensors"
        ),
        "label_disagreements": Quantity(
            "array", "a sentence where biases or norms show another family than the label", items="string"
        ),
        "tied_embeddings": Quantity("boolean", "there is no output projection of its own"),
    },
    raw_schema={
        "type": "object",
        "required": ["file", "format", "metadata", "names"],
        "additionalProperties": False,
        "properties": {
            "file": {"enum": ["checkpoint", "gguf"]},
            "format": {"enum": ["apr", "gguf", "hf"]},
            "metadata": {"type": "object"},
            "names": {"type": "array", "items": {"type": "string"}},
        },
    },
    summarize=summarize,
)
