"""gguf_vocabulary@1: whether an export lists one token for each row of the embedding, and the right ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from ..probe import Probe, Quantity

_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5
"""llama.cpp's token types."""


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the token list with the rows of the embedding and with the checkpoint's vocabulary."""
    # Of runs of types, where each ends: the counts are whatever somebody wrote.
    ends = list(accumulate(max(count, 0) for _, count in raw["types"]))

    def type_of(token_id: int) -> int | None:
        run = bisect_right(ends, token_id)
        return raw["types"][run][0] if run < len(ends) else None

    vocabulary, rows = raw["vocabulary"], raw["embedding_rows"]
    return {
        "tokens": raw["tokens"],
        "embedding_rows": rows,
        "tokens_equal_rows": raw["tokens"] == rows,
        "types_equal_tokens": (ends[-1] if ends else 0) == raw["tokens"],
        "repeated_tokens": [f"{entry['token']!r} is {entry['ids']}" for entry in raw["repeated"]],
        "tokens_changed": [str(token_id) for token_id in raw["differ"]],
        "added_tokens": len(raw["added"]),
        "added_displaced": [
            f"{entry['id']} is {entry['found']!r}, not {entry['content']!r}"
            for entry in raw["added"]
            if entry["found"] != entry["content"]
        ],
        "added_types_wrong": [
            f"{entry['content']!r} has type {entry['type']}"
            for entry in raw["added"]
            if entry["type"] not in (_CONTROL, _USER_DEFINED)
        ],
        "pads": max(raw["tokens"] - vocabulary, 0),
        "pads_not_unused": [
            str(token_id) for token_id in range(vocabulary, raw["tokens"]) if type_of(token_id) != _UNUSED
        ],
    }


_COUNT = {"type": "integer", "minimum": 0}
_MOST_TOKENS = 1 << 22
"""Some sixteen times the largest vocabulary of today: pads are listed one by one."""

PROBE = Probe(
    name="gguf_vocabulary@1",
    description=(
        "Reads the tokens and token types of a GGUF beside the rows of its embedding and the vocabulary of "
        "the checkpoint that it was made from."
    ),
    parameters={},
    quantities={
        "tokens": Quantity("integer", "tokens that the file lists", minimum=0),
        "embedding_rows": Quantity("integer", "rows of token_embd", minimum=0),
        "tokens_equal_rows": Quantity("boolean", "there are as many tokens as rows"),
        "types_equal_tokens": Quantity("boolean", "there are as many token types as tokens"),
        "repeated_tokens": Quantity(
            "array", "tokens that are listed more than once", items="string", among="embedding_rows"
        ),
        "tokens_changed": Quantity(
            "array",
            "ids whose token is another than the checkpoint's",
            items="string",
            among="embedding_rows",
        ),
        "added_tokens": Quantity("integer", "added tokens of the checkpoint", minimum=0),
        "added_displaced": Quantity(
            "array", "a sentence per added token that is not at its own id", items="string"
        ),
        "added_types_wrong": Quantity(
            "array", "added tokens that are neither CONTROL nor USER_DEFINED", items="string"
        ),
        "pads": Quantity("integer", "tokens beyond the checkpoint's vocabulary", minimum=0),
        "pads_not_unused": Quantity("array", "their ids where the type is not UNUSED", items="string"),
    },
    raw_schema={
        "type": "object",
        "required": ["embedding_rows", "tokens", "types", "repeated", "vocabulary", "differ", "added"],
        "additionalProperties": False,
        "properties": {
            "embedding_rows": {"type": ["integer", "null"], "minimum": 0},
            "tokens": {**_COUNT, "maximum": _MOST_TOKENS},
            "types": {
                "description": "runs of equal token types, as [type, length]",
                "type": "array",
                "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            },
            "repeated": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["token", "ids"],
                    "additionalProperties": False,
                    "properties": {
                        "token": {"type": "string"},
                        "ids": {"type": "array", "items": _COUNT, "minItems": 2},
                    },
                },
            },
            "vocabulary": _COUNT,
            "differ": {"type": "array", "items": _COUNT},
            "added": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "content", "found", "type"],
                    "additionalProperties": False,
                    "properties": {
                        "id": _COUNT,
                        "content": {"type": "string"},
                        "found": {"type": ["string", "null"]},
                        "type": {"type": ["integer", "null"]},
                    },
                },
            },
        },
    },
    summarize=summarize,
    artifacts=frozenset({"gguf"}),
)
