"""llama_cpp_loads@1: whether llama.cpp loads an export as it is released, and computes with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity, Screen
from .repeated_rows import REPEATED, repeated


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Over every row of a prompt that was decoded, also where it has several; one of no token is none."""
    rows = [sample for sample in raw["samples"] if sample["positions"]]
    spreads = [row["least_spread"] for row in rows]
    known = [value for value in spreads if value is not None and math.isfinite(value)]
    return {
        "loads": raw["error"] is None,
        "error": raw["error"] or "",
        "file_type": raw["file_type"] or "",
        "quantized": raw["quantized"],
        "vocabulary": raw["model"].get("n_vocab"),
        "context": raw["model"].get("n_ctx_train"),
        "prompts": len({row["prompt"] for row in rows}),
        "repeated": repeated(row["prompt"] for row in raw["samples"]),
        "positions": min((row["positions"] for row in rows), default=0),
        "finite": bool(rows) and all(row["finite"] for row in rows),
        "distinct_spreads": len(set(spreads)),
        "least_spread": min(known) if known and len(known) == len(spreads) else None,
    }


PROBE = Probe(
    name="llama_cpp_loads@1",
    description=(
        "Loads an export in llama.cpp (a child process), tokenizes each prompt with the file's own "
        "vocabulary, cuts it to `positions` tokens, decodes it, and looks at the logits of every position: "
        "whether all are finite, and how far the largest is from the smallest."
    ),
    parameters={
        "prompts": DATA_REFERENCE,
        "positions": {"type": "integer", "minimum": 1, "maximum": 4096},
        "export": {"enum": ["q8_0", "q4_k_m", "q5_k_m", "q6_k"]},
    },
    quantities={
        "loads": Quantity(
            "boolean", "llama.cpp loaded the file and decoded every prompt", with_more_samples="falls"
        ),
        "error": Quantity("string", "what it said where it did not, else empty"),
        "file_type": Quantity("string", "the type that the file states of itself, llama.cpp's name"),
        "quantized": Quantity("integer", "tensors that are stored in quantized blocks", minimum=0),
        "vocabulary": Quantity("integer", "tokens that llama.cpp finds in the file", minimum=0),
        "context": Quantity("integer", "positions that the file says it was trained for", minimum=0),
        "prompts": Quantity("integer", "different prompts decoded", minimum=0),
        "repeated": REPEATED,
        "positions": Quantity("integer", "positions decoded of the shortest prompt", minimum=0),
        "finite": Quantity("boolean", "every logit is finite, and there is one", with_more_samples="falls"),
        "distinct_spreads": Quantity(
            "integer", "different values of what least_spread is the least of", minimum=0
        ),
        "least_spread": Quantity(
            "number",
            "least distance of a position's largest logit from its smallest; 0 where all are alike",
            minimum=0,
            among="prompts",
            with_more_samples="falls",
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["error", "file_type", "quantized", "model", "samples"],
        "additionalProperties": False,
        "properties": {
            "error": {"type": ["string", "null"]},
            "file_type": {"type": ["string", "null"]},
            "quantized": {"type": "integer", "minimum": 0},
            "model": {"type": "object"},
            "samples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["prompt", "positions", "finite", "least_spread"],
                    "additionalProperties": False,
                    "properties": {
                        "prompt": {"type": "string"},
                        "positions": {"type": "integer", "minimum": 0},
                        "finite": {"type": "boolean"},
                        "least_spread": {"type": ["number", "null"], "minimum": 0},
                    },
                },
            },
        },
    },
    summarize=summarize,
    samples=frozenset({"positions"}),
    screen=Screen("prompts", 6),
    artifacts=frozenset({"gguf"}),
)
