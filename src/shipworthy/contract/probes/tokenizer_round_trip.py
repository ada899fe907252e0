"""tokenizer_round_trip@1: documents through the embedded tokenizer and back, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Counts over the documents, which are named by their line in the data file."""
    rows = raw["documents"]
    return {
        "tensors": raw["tensors"],
        "tokenizer_embedded": raw["tokenizer_embedded"],
        "refusal": raw["refusal"] or "",
        "documents": len(rows),
        "bytes": sum(nbytes for nbytes, _, _ in rows),
        "tokens": sum(tokens for _, tokens, _ in rows),
        "documents_without_tokens": [
            f"line {line}" for line, (_, tokens, _) in enumerate(rows, start=1) if tokens == 0
        ],
        "documents_changed": [
            f"line {line} at byte {at}" for line, (_, _, at) in enumerate(rows, start=1) if at is not None
        ],
    }


_COUNT = {"type": "integer", "minimum": 0}

PROBE = Probe(
    name="tokenizer_round_trip@1",
    description=(
        "Rebuilds the tokenizer that the checkpoint embeds, encodes every document, decodes the ids, and "
        "compares the UTF-8 bytes."
    ),
    parameters={"documents": DATA_REFERENCE},
    quantities={
        "tensors": Quantity("integer", "tensors in the file", minimum=0),
        "tokenizer_embedded": Quantity("boolean", "the checkpoint holds a tokenizer"),
        "refusal": Quantity("string", "why it cannot be rebuilt, else empty"),
        "documents": Quantity("integer", "documents sent through", minimum=0),
        "bytes": Quantity("integer", "bytes of these documents", unit="bytes", minimum=0),
        "tokens": Quantity("integer", "tokens that they became", minimum=0),
        "documents_without_tokens": Quantity(
            "array", "documents that were encoded to nothing", items="string", among="documents"
        ),
        "documents_changed": Quantity(
            "array", "documents that did not come back byte for byte", items="string", among="documents"
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["tensors", "tokenizer_embedded", "refusal", "documents"],
        "additionalProperties": False,
        "properties": {
            "tensors": _COUNT,
            "tokenizer_embedded": {"type": "boolean"},
            "refusal": {"type": ["string", "null"]},
            "documents": {
                "type": "array",
                "items": {
                    "description": "bytes, tokens, and the first byte that did not come back or null",
                    "type": "array",
                    "prefixItems": [_COUNT, _COUNT, {**_COUNT, "type": ["integer", "null"]}],
                    "minItems": 3,
                    "maxItems": 3,
                },
            },
        },
    },
    summarize=summarize,
)
