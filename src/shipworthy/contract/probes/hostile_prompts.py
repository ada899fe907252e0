"""hostile_prompts@1: whether empty, endless, malformed or adversarial prompts break a runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity
from .repeated_rows import REPEATED, repeated

ANSWERED, NOT_FINITE = "answered", "not finite"
_ENGINES = ("torch", "llama_cpp")


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Over every row, also where a prompt has several; what is neither answered, refused by name nor not
    finite is a crash. Who must be refused follows from the prompt's tokens and the context."""
    rows = raw["samples"]
    said = [(row, f"{row['prompt']} by {engine}", row[engine]) for row in rows for engine in _ENGINES]
    answered = {row["prompt"] for row in rows if all(row[engine] == ANSWERED for engine in _ENGINES)}
    return {
        "loads": raw["error"] is None,
        "context": raw["context"],
        "prompts": len({row["prompt"] for row in rows}),
        "repeated": repeated(row["prompt"] for row in rows),
        "answered": len(answered),
        "refused": [f"{who}: {text}" for _, who, text in said if _refused(text)],
        "wrongly_refused": [
            f"{who}: {text}" for row, who, text in said if _refused(text) and _fits(row, raw["context"])
        ],
        "not_refused": [
            who for row, who, text in said if text == ANSWERED and not _fits(row, raw["context"])
        ],
        "crashes": [
            f"{who}: {text}"
            for _, who, text in said
            if text not in (ANSWERED, NOT_FINITE) and not _refused(text)
        ],
        "not_finite": [who for _, who, text in said if text == NOT_FINITE],
        "llama_cpp_error": raw["error"] or "",
    }


def _fits(row: Mapping[str, Any], context: int) -> bool:
    """Whether there is something to answer, and room for one token behind it."""
    return bool(0 < row["tokens"] < context)


def _refused(text: str) -> bool:
    return text.startswith("refused: ")


_TEXT = {"type": "string", "minLength": 1}
PROBE = Probe(
    name="hostile_prompts@1",
    description=(
        "Sends each prompt of a file of hostile ones through our decoder and through llama.cpp on the F32 "
        "export and looks at the logits of every position. A prompt that is empty or longer than the context "
        "must be refused by a named error; every other must be answered."
    ),
    parameters={"prompts": DATA_REFERENCE},
    quantities={
        "loads": Quantity("boolean", "llama.cpp loaded the export"),
        "context": Quantity("integer", "positions that the checkpoint says it was trained for", minimum=0),
        "prompts": Quantity("integer", "different prompts that were sent", minimum=0),
        "repeated": REPEATED,
        "answered": Quantity("integer", "prompts that both answered with finite logits", minimum=0),
        "refused": Quantity("array", "prompts that were refused, by whom, and the code", items="string"),
        "wrongly_refused": Quantity(
            "array", "prompts that fit, refused, by whom, and the code", items="string", among="prompts"
        ),
        "not_refused": Quantity(
            "array",
            "prompts that are empty or do not fit, answered, and by whom",
            items="string",
            among="prompts",
        ),
        "crashes": Quantity(
            "array", "prompts that broke something, where, and how", items="string", among="prompts"
        ),
        "not_finite": Quantity(
            "array", "prompts that gave a NaN or an infinity, and where", items="string", among="prompts"
        ),
        "llama_cpp_error": Quantity("string", "what llama.cpp said where it did not load, else empty"),
    },
    raw_schema={
        "type": "object",
        "required": ["error", "network", "context", "samples"],
        "additionalProperties": False,
        "properties": {
            "error": {"type": ["string", "null"]},
            "network": {"type": "string"},
            "context": {"type": "integer", "minimum": 0},
            "samples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["prompt", "tokens", *_ENGINES],
                    "additionalProperties": False,
                    "properties": {
                        "prompt": {"type": "string"},
                        "tokens": {"type": "integer", "minimum": 0},
                        **dict.fromkeys(_ENGINES, _TEXT),
                    },
                },
            },
        },
    },
    summarize=summarize,
    artifacts=frozenset({"gguf"}),
)
