"""llama_cpp_parity@1, which is measured no more; what was measured with it is derived again from its samples.

`llama_cpp_parity@2` derives all of its quantities, and more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity, Screen


def _largest(values: list[float | None]) -> float | None:
    """The maximum, or None where there is no value or one that is not finite: None meets no bound."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return max(finite) if values and len(finite) == len(values) else None


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities over every position of every prompt; a prompt that was not compared is not counted."""
    samples = [sample for sample in raw["samples"] if sample["kl_nats"]]
    kl = [value for sample in samples for value in sample["kl_nats"]]
    difference = [value for sample in samples for value in sample["top1_probability_difference"]]
    flips = sum(
        ours != theirs
        for sample in samples
        for ours, theirs in zip(sample["argmax"], sample["argmax_llama_cpp"], strict=True)
    )
    lengths = [len(sample["kl_nats"]) for sample in samples]
    finite = bool(samples) and all(value is not None and math.isfinite(value) for value in [*kl, *difference])
    return {
        "loads": raw["loads"],
        "prompts": len(samples),
        "positions": min(lengths, default=0),
        "compared": sum(lengths),
        "prompts_in_float64": sum(sample["ours_in"] == "float64" for sample in samples),
        "finite": finite,
        "token_ids_differ": sum(not sample["token_ids_equal"] for sample in raw["samples"]),
        "argmax_flips": flips,
        "top1_probability_difference": _largest(difference),
        "max_kl_nats": _largest(kl),
        "mean_kl_nats": math.fsum(v for v in kl if v is not None) / len(kl) if finite else None,
        "llama_cpp_error": raw["error"] or "",
    }


_VALUES = {"type": "array", "items": {"type": ["number", "null"]}}
_IDS = {"type": "array", "items": {"type": "integer", "minimum": -1}}
"""-1 where a row of logits is not finite."""

PROBE = Probe(
    name="llama_cpp_parity@1",
    description=(
        "Sends the same token ids through our decoder (CPU, float32; the four prompts that differ most, by "
        "more than 1e-9 nats, again in float64) and through llama.cpp (a child process, "
        "batched prefill, key/value cache cleared between prompts) and compares the two distributions "
        "at every position. KL is from ours to llama.cpp's, in nats, in float64."
    ),
    parameters={
        "prompts": DATA_REFERENCE,
        "positions": {"type": "integer", "minimum": 1, "maximum": 4096},
        "export": {"enum": ["f32"]},
        "kv_cache": {"enum": ["f32"]},
        "flash_attention": {"const": False},
    },
    quantities={
        "loads": Quantity(
            "boolean", "llama.cpp loaded the export and decoded every prompt", with_more_samples="falls"
        ),
        "prompts": Quantity("integer", "prompts compared", minimum=0),
        "positions": Quantity("integer", "positions compared of the shortest prompt", minimum=0),
        "compared": Quantity("integer", "positions compared in all", minimum=0),
        "prompts_in_float64": Quantity(
            "integer", "prompts that our side computed again in float64", minimum=0
        ),
        "finite": Quantity(
            "boolean", "every compared value is finite, and there is one", with_more_samples="falls"
        ),
        "token_ids_differ": Quantity(
            "integer",
            "prompts that llama.cpp tokenizes to other ids",
            minimum=0,
            among="prompts",
            with_more_samples="grows",
        ),
        "argmax_flips": Quantity(
            "integer",
            "positions where the likeliest token differs",
            minimum=0,
            among="prompts",
            with_more_samples="grows",
        ),
        "top1_probability_difference": Quantity(
            "number",
            "largest difference of the probability of our likeliest token",
            minimum=0,
            maximum=1,
            among="prompts",
            with_more_samples="grows",
        ),
        "max_kl_nats": Quantity(
            "number",
            "largest KL divergence of a position",
            unit="nat",
            among="prompts",
            with_more_samples="grows",
        ),
        "mean_kl_nats": Quantity("number", "mean KL divergence", unit="nat", among="prompts"),
        "llama_cpp_error": Quantity("string", "what llama.cpp said where it did not load, else empty"),
    },
    raw_schema={
        "type": "object",
        "required": ["loads", "error", "llama_cpp", "samples"],
        "additionalProperties": False,
        "properties": {
            "loads": {"type": "boolean"},
            "error": {"type": ["string", "null"]},
            "llama_cpp": {"type": "object"},
            "samples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": [
                        "prompt",
                        "token_ids_equal",
                        "ours_in",
                        "kl_nats",
                        "top1_probability_difference",
                        "margin",
                        "argmax",
                        "argmax_llama_cpp",
                    ],
                    "additionalProperties": False,
                    "properties": {
                        "prompt": {"type": "string"},
                        "token_ids_equal": {"type": "boolean"},
                        "ours_in": {"enum": ["float32", "float64"]},
                        "kl_nats": _VALUES,
                        "top1_probability_difference": _VALUES,
                        "margin": _VALUES,
                        "argmax": _IDS,
                        "argmax_llama_cpp": _IDS,
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
