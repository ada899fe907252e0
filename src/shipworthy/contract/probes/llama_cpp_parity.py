"""llama_cpp_parity@2: whether an export speaks in llama.cpp as the checkpoint does in our decoder."""

from __future__ import annotations

from ..probe import DATA_REFERENCE, Probe, Quantity, Screen
from .parity_quantities import CHOICES, FLIP_MARGIN, VALUES, summarize

EXPORTS = ("f32", "f16", "bf16", "q8_0")
DECODES = ("batched", "stepwise")

_VALUES = {"type": "array", "items": {"type": ["number", "null"]}}
_IDS = {"type": "array", "items": {"type": "integer", "minimum": -1}}
"""-1 where a row of logits is not finite."""
_COUNT = {"type": "integer", "minimum": 0}
_SAMPLE = {
    "prompt": {"type": "string"},
    "token_ids_equal": {"type": "boolean"},
    "texts_equal": {"type": "boolean"},
    "asked": _COUNT,
    "ours_in": {"enum": ["float32", "float64"]},
    **dict.fromkeys(VALUES, _VALUES),
    **dict.fromkeys(CHOICES, _IDS),
}
_USED = {
    "decode": {"type": "string"},
    "kv_cache": {"type": "string"},
    "flash_attention": {"type": "boolean"},
    "threads": _COUNT,
    "device": {"type": "string"},
}


def _wrong(what: str) -> Quantity:
    """A count among the prompts of what should not be."""
    return Quantity("integer", what, minimum=0, among="prompts", with_more_samples="grows")


PROBE = Probe(
    name="llama_cpp_parity@2",
    description=(
        "Sends the same token ids through our decoder (CPU, float32, one layer at a time; the prompts that "
        "differ most, by more than 1e-9 nats, again in float64, at most `in_float64` of them) and through "
        "llama.cpp (a child process, no prompt sees another) and compares the two distributions at every "
        "position: batched with batched, or token by token with token by token. KL is from ours to "
        "llama.cpp's, in nats; its 99.9 % quantile is the smallest value that 999 of 1,000 positions do not "
        "exceed. `count` prompts are taken at equal distances, `positions` tokens of each."
    ),
    parameters={
        "prompts": DATA_REFERENCE,
        "count": {"type": "integer", "minimum": 1},
        "positions": {"type": "integer", "minimum": 1, "maximum": 4096},
        "decode": {"enum": list(DECODES)},
        "in_float64": {"type": "integer", "minimum": 0},
        "export": {"enum": list(EXPORTS)},
        "kv_cache": {"enum": ["f32"]},
        "flash_attention": {"const": False},
    },
    quantities={
        "loads": Quantity(
            "boolean", "llama.cpp loaded the export and decoded every prompt", with_more_samples="falls"
        ),
        "export_dtype": Quantity(
            "string", "what every matrix of the export is stored as, mixed where they differ"
        ),
        "prompts": Quantity("integer", "different prompts compared", minimum=0),
        "positions": Quantity("integer", "positions compared of the shortest prompt", minimum=0),
        "compared": Quantity("integer", "positions compared in all", minimum=0),
        "lengths_differ": _wrong("prompts with more or fewer values than positions that were asked for"),
        "prompts_in_float64": Quantity(
            "integer", "prompts that our side computed again in float64", minimum=0
        ),
        "finite": Quantity(
            "boolean", "every compared value is finite, and there is one", with_more_samples="falls"
        ),
        "distinct_kl": Quantity("integer", "different values of KL among all positions", minimum=0),
        "exact_zeros": _wrong("positions whose KL is 0 to the last bit, which rounding leaves nowhere"),
        "token_ids_differ": _wrong("prompts that llama.cpp tokenizes to other ids"),
        "texts_differ": _wrong("prompts whose ids llama.cpp turns into other bytes than we do"),
        "argmax_flips": _wrong("positions where the likeliest token differs"),
        "flips_above_margin": _wrong(f"flips where ours led by more than {FLIP_MARGIN} logits"),
        "largest_flip_margin": Quantity(
            "number",
            "logits by which ours led at the clearest flip, 0 where there is none",
            unit="logit",
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
        "least_kl_nats": Quantity(
            "number",
            "smallest KL divergence of a position, which only rounding puts below 0",
            unit="nat",
            among="prompts",
            with_more_samples="falls",
        ),
        "kl_999_nats": Quantity(
            "number", "99.9 % quantile of KL divergence, nearest rank", unit="nat", among="prompts"
        ),
        "mean_kl_nats": Quantity("number", "mean KL divergence", unit="nat", among="prompts"),
        "decode": Quantity("string", "how both sides took the positions", values=("", *DECODES)),
        "kv_cache": Quantity("string", "what llama.cpp kept keys and values in"),
        "flash_attention": Quantity("boolean", "llama.cpp computed with flash attention"),
        "device": Quantity("string", "where both sides computed"),
        "llama_cpp_error": Quantity("string", "what llama.cpp said where it did not load, else empty"),
    },
    raw_schema={
        "type": "object",
        "required": ["loads", "error", "llama_cpp", "matrices", "used", "samples"],
        "additionalProperties": False,
        "properties": {
            "loads": {"type": "boolean"},
            "error": {"type": ["string", "null"]},
            "llama_cpp": {"type": "object"},
            "matrices": {"type": "object", "additionalProperties": _COUNT},
            "used": {"type": "object", "properties": _USED, "additionalProperties": False},
            "samples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": list(_SAMPLE),
                    "additionalProperties": False,
                    "properties": _SAMPLE,
                },
            },
        },
    },
    summarize=summarize,
    samples=frozenset({"count", "positions"}),
    screen=Screen("prompts", 6),
    artifacts=frozenset({"gguf"}),
)
