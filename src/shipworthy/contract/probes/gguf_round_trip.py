"""gguf_round_trip@1: whether a checkpoint that went into a GGUF comes back out of it unchanged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Compare digests of the tensors, then the next token's probabilities in both directions."""
    ours, back = raw["tensors"]["checkpoint"], raw["tensors"]["gguf"]
    constants, returned = raw["constants"]["checkpoint"], raw["constants"]["gguf"] or {}
    samples = raw["samples"]
    forth = [sample["difference"] for sample in samples]
    backward = [sample["difference_back"] for sample in samples]
    return {
        "reads_back": raw["refusal"] is None,
        "refusal": raw["refusal"] or "",
        "tensors": len(ours),
        "tensors_missing": sorted(ours.keys() - back.keys()),
        "tensors_unexpected": sorted(back.keys() - ours.keys()),
        "tensors_changed": sorted(name for name in ours.keys() & back.keys() if ours[name] != back[name]),
        "constants_changed": [
            f"{name} is {value!r}, came back as {returned.get(name)!r}"
            for name, value in constants.items()
            if returned.get(name) != value
        ],
        "tokenizer_same": raw["tokenizers"]["checkpoint"] is not None
        and raw["tokenizers"]["checkpoint"] == raw["tokenizers"]["gguf"],
        "prompts": len(samples),
        "finite": bool(samples) and all(map(_is_finite, [*forth, *backward])),
        "argmax_flips": sum(sample["argmax"] != sample["argmax_back"] for sample in samples),
        "first_token_difference": _largest(forth),
        "first_token_difference_back": _largest(backward),
    }


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _largest(values: list[float | None]) -> float | None:
    """The maximum, or None where there is no value or one that is not finite: None meets no bound."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return max(finite) if values and len(finite) == len(values) else None


_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_DIGESTS = {"type": "object", "additionalProperties": _DIGEST}
_VALUE = {"type": ["number", "null"]}
_ID = {"type": "integer", "minimum": -1}


def _both(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["checkpoint", "gguf"],
        "additionalProperties": False,
        "properties": {"checkpoint": schema, "gguf": schema},
    }


PROBE = Probe(
    name="gguf_round_trip@1",
    description=(
        "Reads the F32 export back through our readers: the SHA-256 of the float32 values of every tensor, "
        "the constants and the tokenizer, and in our decoder the probabilities of the token that follows "
        "each of `count` prompts, spread evenly over the file and cut to `positions` tokens."
    ),
    parameters={
        "prompts": DATA_REFERENCE,
        "count": {"type": "integer", "minimum": 1, "maximum": 10000},
        "positions": {"type": "integer", "minimum": 1, "maximum": 4096},
    },
    # A decoder of no tensors continues no prompt, so that prompts count for tensors too.
    quantities={
        "reads_back": Quantity("boolean", "the export loads into our decoder"),
        "refusal": Quantity("string", "why it does not, else empty"),
        "tensors": Quantity("integer", "tensors of the checkpoint", minimum=0),
        "tensors_missing": Quantity(
            "array", "tensors that did not come back", items="string", among="prompts"
        ),
        "tensors_unexpected": Quantity(
            "array", "tensors that came back and were not there", items="string", among="prompts"
        ),
        "tensors_changed": Quantity(
            "array", "tensors with a value that is not the same", items="string", among="prompts"
        ),
        "constants_changed": Quantity(
            "array", "a sentence per constant that is not the same", items="string"
        ),
        "tokenizer_same": Quantity("boolean", "the tokenizer has the same digest"),
        "prompts": Quantity("integer", "prompts compared", minimum=0),
        "finite": Quantity("boolean", "every difference is finite, and there is one"),
        "argmax_flips": Quantity(
            "integer", "prompts that continue with another token", minimum=0, among="prompts"
        ),
        "first_token_difference": Quantity(
            "number",
            "largest difference of the probability of the checkpoint's token",
            minimum=0,
            among="prompts",
        ),
        "first_token_difference_back": Quantity(
            "number",
            "largest difference of the probability of the export's token",
            minimum=0,
            among="prompts",
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["refusal", "tensors", "constants", "tokenizers", "samples"],
        "additionalProperties": False,
        "properties": {
            "refusal": {"type": ["string", "null"]},
            "tensors": _both(_DIGESTS),
            "constants": _both({"type": ["object", "null"]}),
            "tokenizers": _both({**_DIGEST, "type": ["string", "null"]}),
            "samples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["prompt", "argmax", "argmax_back", "difference", "difference_back"],
                    "additionalProperties": False,
                    "properties": {
                        "prompt": {"type": "string"},
                        "argmax": _ID,
                        "argmax_back": _ID,
                        "difference": _VALUE,
                        "difference_back": _VALUE,
                    },
                },
            },
        },
    },
    summarize=summarize,
    samples=frozenset({"count", "positions"}),
    artifacts=frozenset({"gguf"}),
)
