"""golden_continuations@1: what the checkpoint says of a fixed set of prompts, kept for a later comparison."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "count": {"type": "integer", "minimum": 1},
    "prompt_tokens": {"type": "integer", "minimum": 1},
    "tokens": {"type": "integer", "minimum": 1},
}
"""How many texts, at equal distances, cut to how many tokens, and how many tokens are chosen behind each."""
IDS = {"type": "array", "items": {"type": "integer", "minimum": 0}}
MARGINS = {"type": "array", "items": {"type": ["number", "null"]}}


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Every continuation as a line of JSON, since a baseline keeps quantities and no raw samples."""
    samples = raw["samples"]
    margins = [margin for sample in samples for margin in sample["margins"]]
    return {
        "prompts": len({sample["prompt"] for sample in samples}),
        "tokens": min((len(s[key]) for s in samples for key in ("continuation", "margins")), default=0),
        "finite": bool(margins) and all(m is not None and math.isfinite(m) for m in margins),
        "distinct_margins": len({margin for margin in margins if margin is not None}),
        "device": raw["device"],
        "dtype": raw["dtype"],
        "continuations": [json.dumps(sample, sort_keys=True) for sample in samples],
    }


PROBE = Probe(
    name="golden_continuations@1",
    description=(
        "Continues prompts greedily with our decoder (CPU, float32, no stop token) and keeps, per prompt, "
        "its ids, the ids chosen, and at each the logit of the best less that of the second best."
    ),
    parameters={"prompts": DATA_REFERENCE, **PARAMETERS},
    quantities={
        "prompts": Quantity("integer", "different prompts continued", minimum=0),
        "tokens": Quantity("integer", "tokens, or margins, of the shortest continuation", minimum=0),
        "finite": Quantity("boolean", "every margin is finite, and there is one"),
        "distinct_margins": Quantity("integer", "different margins among all tokens", minimum=0),
        "device": Quantity("string", "where the weights were"),
        "dtype": Quantity("string", "what they were computed in"),
        "continuations": Quantity(
            "array", "prompt, ids, chosen ids and margins of each, as JSON", items="string"
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["device", "dtype", "samples"],
        "additionalProperties": False,
        "properties": {
            "device": {"type": "string"},
            "dtype": {"type": "string"},
            "samples": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["prompt", "ids", "continuation", "margins"],
                    "additionalProperties": False,
                    "properties": {
                        "prompt": {"type": "string"},
                        "ids": IDS,
                        "continuation": IDS,
                        "margins": MARGINS,
                    },
                },
            },
        },
    },
    summarize=summarize,
    samples=frozenset({"count", "tokens"}),
)
