"""hostile_prompts@1: whether empty, endless, malformed or adversarial prompts break a runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity

ANSWERED, NOT_FINITE = "answered", "not finite"
_ENGINES = ("torch", "llama_cpp")


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A prompt counts once; what is neither answered, refused by name nor not finite is a crash."""
    samples = {sample["prompt"]: sample for sample in raw["samples"]}
    said = [(name, engine, sample[engine]) for name, sample in samples.items() for engine in _ENGINES]
    answered = [name for name, s in samples.items() if all(s[engine] == ANSWERED for engine in _ENGINES)]
    return {
        "loads": raw["error"] is None,
        "prompts": len(samples),
        "answered": len(answered),
        "refused": [f"{name} by {engine}: {text}" for name, engine, text in said if _refused(text)],
        "crashes": [
            f"{name} in {engine}: {text}"
            for name, engine, text in said
            if text not in (ANSWERED, NOT_FINITE) and not _refused(text)
        ],
        "not_finite": [f"{name} in {engine}" for name, engine, text in said if text == NOT_FINITE],
        "llama_cpp_error": raw["error"] or "",
    }


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
        "prompts": Quantity("integer", "different prompts that were sent", minimum=0),
        "answered": Quantity("integer", "prompts that both answered with finite logits", minimum=0),
        "refused": Quantity("array", "prompts that were refused, by whom, and the code", items="string"),
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
        "required": ["error", "network", "samples"],
        "additionalProperties": False,
        "properties": {
            "error": {"type": ["string", "null"]},
            "network": {"type": "string"},
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
