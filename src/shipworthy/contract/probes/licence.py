"""licence@1: which licence and which origin a checkpoint, or a checkpoint and its export, state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The licence that all files state alike, in small letters; empty where they do not."""
    files = raw["files"]
    licences = {name: (stated["licence"] or "").strip().lower() for name, stated in files.items()}
    return {
        "files": len(files),
        "files_without_tensors": [name for name, stated in files.items() if not stated["tensors"]],
        "licences_missing": [name for name, licence in licences.items() if not licence],
        "licences_differ": len(set(licences.values())) > 1,
        "licence": next(iter(licences.values())) if len(set(licences.values())) == 1 else "",
        "origins_missing": [name for name, stated in files.items() if not (stated["origin"] or "").strip()],
    }


_TEXT = {"type": ["string", "null"]}
_FILE = {
    "type": "object",
    "required": ["format", "tensors", "licence", "origin"],
    "additionalProperties": False,
    "properties": {
        "format": {"enum": ["apr", "gguf", "hf"]},
        "tensors": {"type": "integer", "minimum": 0},
        "licence": _TEXT,
        "origin": _TEXT,
    },
}

PROBE = Probe(
    name="licence@1",
    description="Reads licence and origin from the metadata of a checkpoint and, where asked, of its GGUF.",
    parameters={
        "files": {
            "type": "array",
            "items": {"enum": ["checkpoint", "gguf"]},
            "minItems": 1,
            "uniqueItems": True,
        }
    },
    quantities={
        "files": Quantity("integer", "files that were read", minimum=0),
        "files_without_tensors": Quantity("array", "files that are no model", items="string", among="files"),
        "licences_missing": Quantity("array", "files that state no licence", items="string", among="files"),
        "licences_differ": Quantity("boolean", "two files state different ones"),
        "licence": Quantity("string", "the licence that all state, in small letters, else empty"),
        "origins_missing": Quantity(
            "array", "files that do not say what they were made from", items="string", among="files"
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["files"],
        "additionalProperties": False,
        "properties": {
            "files": {"type": "object", "minProperties": 1, "additionalProperties": _FILE},
        },
    },
    summarize=summarize,
)
