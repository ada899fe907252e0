"""gguf_label@1: whether an export names its architecture as llama.cpp does, in the label and in its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...architecture import FAMILIES, HF_CLASS_TO_NAME, canonical_name
from ..probe import Probe, Quantity


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities of the label, and of the map from names to labels that every tool here shares."""
    label, of_checkpoint = raw["label"], raw["label_of_checkpoint"]
    names = [*FAMILIES, *HF_CLASS_TO_NAME, *([label] if label else [])]
    return {
        "label": label or "",
        "label_stated": bool(label),
        "label_lower_case": bool(label) and label == label.lower(),
        "label_known": label in FAMILIES,
        "label_is_the_checkpoints": bool(label)
        and isinstance(of_checkpoint, str)
        and canonical_name(of_checkpoint) == label,
        "keys_under_label": raw["key_prefixes"].get(label, 0) if label else 0,
        "keys_under_other_names": sorted(
            prefix for prefix in raw["key_prefixes"] if prefix != label and canonical_name(prefix) is not None
        ),
        "map_not_idempotent": [
            name for name in names if (mapped := canonical_name(name)) and canonical_name(mapped) != mapped
        ],
    }


PROBE = Probe(
    name="gguf_label@1",
    description="Reads general.architecture of a GGUF, and under which architecture's name its keys stand.",
    parameters={},
    quantities={
        "label": Quantity("string", "general.architecture as stated"),
        "label_stated": Quantity("boolean", "it is stated, as text"),
        "label_lower_case": Quantity("boolean", "it has no capital letter, as no name in llama.cpp has"),
        "label_known": Quantity("boolean", "it is llama.cpp's name of a family that this project knows"),
        "label_is_the_checkpoints": Quantity("boolean", "it is the family of the checkpoint"),
        "keys_under_label": Quantity("integer", "keys that stand under the label", minimum=0),
        "keys_under_other_names": Quantity(
            "array", "other architectures' names under which keys stand", items="string"
        ),
        "map_not_idempotent": Quantity(
            "array", "names whose label is itself mapped to another", items="string"
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["label", "label_of_checkpoint", "key_prefixes"],
        "additionalProperties": False,
        "properties": {
            "label": {"type": ["string", "null"]},
            "label_of_checkpoint": {"type": ["string", "null"]},
            "key_prefixes": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
        },
    },
    summarize=summarize,
    artifacts=frozenset({"gguf"}),
)
