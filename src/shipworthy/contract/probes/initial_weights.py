"""initial_weights@1: whether training that starts from a checkpoint starts from its weights, all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the file's tensors with the decoder's, by the digests of their values."""
    in_file, in_decoder = raw["file"], raw["decoder"]
    shared = in_file.keys() & in_decoder.keys()
    return {
        "loads": raw["refusal"] is None,
        "refusal": raw["refusal"] or "",
        "tensors": len(in_file),
        "left_over": sorted(in_file.keys() - in_decoder.keys()),
        "from_nowhere": sorted(in_decoder.keys() - in_file.keys()),
        "changed": sorted(name for name in shared if in_file[name] != in_decoder[name]),
    }


_DIGESTS = {"type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}

PROBE = Probe(
    name="initial_weights@1",
    description=(
        "Loads the checkpoint into the decoder as training does before its first step, and takes the SHA-256 "
        "of the float32 values of every tensor on both sides."
    ),
    parameters={},
    quantities={
        "loads": Quantity("boolean", "the decoder was filled; otherwise loading refused, by name"),
        "refusal": Quantity("string", "what it refused, else empty"),
        "tensors": Quantity("integer", "tensors in the file", minimum=0),
        "left_over": Quantity(
            "array", "tensors of the file that the decoder has not", items="string", among="tensors"
        ),
        "from_nowhere": Quantity(
            "array", "tensors of the decoder that the file has not", items="string", among="tensors"
        ),
        "changed": Quantity(
            "array", "tensors whose values are not the file's", items="string", among="tensors"
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["refusal", "file", "decoder"],
        "additionalProperties": False,
        "properties": {"refusal": {"type": ["string", "null"]}, "file": _DIGESTS, "decoder": _DIGESTS},
    },
    summarize=summarize,
)
