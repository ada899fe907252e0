"""golden_output@1: whether a quantized export still says what the checkpoint was recorded to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..probe import Probe, Quantity
from .golden_continuations import IDS, MARGINS, PARAMETERS

EXPORTS = ("f16", "bf16", "q8_0", "q4_k_m", "q5_k_m", "q6_k")
_POOR = 3
"""An output has become poor where the golden has more than so many times as many different tokens."""

Sample = Mapping[str, Any]


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Where an output parts from its golden, and how sure the checkpoint was of the token there."""
    samples, margin = raw["samples"], raw["margin"]
    parted = [_parts(sample["golden"], sample["continuation"]) for sample in samples]
    together = [at / max(len(s["golden"]), 1) for s, at in zip(samples, parted, strict=True)]
    margins = [value for sample in samples for value in sample["margins"]]
    lists = ("golden", "margins", "continuation")
    return {
        "same_subject": raw["baseline"]["subject_sha256"] == raw["subject_sha256"],
        "file_type": raw["file_type"] or "",
        "loads": raw["error"] is None,
        "margin": margin,
        "prompts": len({sample["prompt"] for sample in samples}),
        "tokens": min((len(sample[key]) for sample in samples for key in lists), default=0),
        "distinct_margins": len({value for value in margins if value is not None}),
        "sure_percent": _percent([_is_sure(value, margin) for value in margins]),
        "outputs_regressed": [
            f"{sample['prompt']} at token {at}"
            for sample, at in zip(samples, parted, strict=True)
            if _regressed(sample, at, margin)
        ],
        "outputs_gibberish": [sample["prompt"] for sample in samples if _gibberish(sample)],
        "outputs_empty": [sample["prompt"] for sample in samples if not sample["text"].strip()],
        "tokens_agreeing_percent": _percent(together),
        "largest_margin_parted": _largest_margin(samples, parted),
        "llama_cpp_error": raw["error"] or "",
    }


def _parts(golden: list[int], continuation: list[int]) -> int:
    """How many tokens the two have in common from the start."""
    pairs = zip(golden, continuation, strict=False)
    shorter = min(len(golden), len(continuation))
    return next((at for at, (one, other) in enumerate(pairs) if one != other), shorter)


def _is_sure(value: float | None, margin: float) -> bool:
    return value is not None and value > margin


def _percent(shares: Sequence[float]) -> float | None:
    return 100 * sum(shares) / len(shares) if shares else None


def _regressed(sample: Sample, at: int, margin: float) -> bool:
    """A token that changed where the checkpoint preferred its own by more than `margin`, or is not there."""
    if at == len(sample["golden"]):
        return False
    preferred = sample["margins"][at] if at < len(sample["margins"]) else None
    return at >= len(sample["continuation"]) or preferred is None or not preferred <= margin


def _gibberish(sample: Sample) -> bool:
    return len(set(sample["continuation"])) * _POOR < len(set(sample["golden"]))


def _largest_margin(samples: Sequence[Sample], parted: Sequence[int]) -> float | None:
    """The largest margin at a parting, 0 where nothing parts, none where there is nothing or no margin."""
    found = [
        sample["margins"][at] if at < len(sample["margins"]) else None
        for sample, at in zip(samples, parted, strict=True)
        if at < len(sample["golden"])
    ]
    known = [value for value in found if value is not None]
    return max(known, default=0.0) if samples and len(known) == len(found) else None


PROBE = Probe(
    name="golden_output@1",
    description=(
        "Continues the prompts of a baseline's golden_continuations@1 greedily with llama.cpp on an export "
        "(F32 key/value cache, no stop token) and finds where each parts from what was recorded. It is a "
        "regression where the checkpoint preferred its own token by more than `margin`; behind the first "
        "other token nothing is compared, since the two no longer read the same text."
    ),
    parameters={
        **PARAMETERS,
        "export": {"enum": list(EXPORTS)},
        "margin": {"type": "number", "exclusiveMinimum": 0},
    },
    quantities={
        "same_subject": Quantity("boolean", "the baseline is of the same checkpoint, by digest"),
        "file_type": Quantity("string", "the file type that the export states"),
        "loads": Quantity("boolean", "llama.cpp loaded the export and continued every prompt"),
        "margin": Quantity(
            "number", "how much better its own token must be for a change to be a regression", unit="logit"
        ),
        "prompts": Quantity("integer", "different prompts compared", minimum=0),
        "tokens": Quantity(
            "integer", "tokens of the shortest output, recorded or new, or its margins", minimum=0
        ),
        "distinct_margins": Quantity("integer", "different margins among all recorded tokens", minimum=0),
        "sure_percent": Quantity(
            "number",
            "recorded tokens that the checkpoint preferred by more than the margin",
            unit="%",
            minimum=0,
            maximum=100,
        ),
        "outputs_regressed": Quantity(
            "array",
            "outputs whose first other token stands where the checkpoint was sure of its own",
            items="string",
            among="prompts",
        ),
        "outputs_gibberish": Quantity(
            "array", "outputs of less than a third as many different tokens", items="string", among="prompts"
        ),
        "outputs_empty": Quantity(
            "array", "outputs of nothing but white space and special tokens", items="string", among="prompts"
        ),
        "tokens_agreeing_percent": Quantity(
            "number",
            "tokens before the first other one, on average over the prompts",
            unit="%",
            minimum=0,
            maximum=100,
        ),
        "largest_margin_parted": Quantity(
            "number",
            "largest margin at which an output parts, 0 where none does",
            unit="logit",
            minimum=0,
            among="prompts",
        ),
        "llama_cpp_error": Quantity("string", "what llama.cpp said where it did not load, else empty"),
    },
    raw_schema={
        "type": "object",
        "required": ["baseline", "subject_sha256", "file_type", "margin", "error", "samples"],
        "additionalProperties": False,
        "properties": {
            "baseline": {
                "type": "object",
                "required": ["bundle", "subject_sha256"],
                "additionalProperties": False,
                "properties": {"bundle": {"type": "string"}, "subject_sha256": {"type": "string"}},
            },
            "subject_sha256": {"type": "string"},
            "file_type": {"type": ["string", "null"]},
            "margin": {"type": "number"},
            "error": {"type": ["string", "null"]},
            "samples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["prompt", "golden", "margins", "continuation", "text"],
                    "additionalProperties": False,
                    "properties": {
                        "prompt": {"type": "string"},
                        "golden": IDS,
                        "margins": MARGINS,
                        "continuation": IDS,
                        "text": {"type": "string"},
                    },
                },
            },
        },
    },
    summarize=summarize,
    artifacts=frozenset({"gguf", "baseline"}),
    samples=frozenset({"count", "tokens"}),
)
