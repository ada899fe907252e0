"""quantized_round_trip@1: how near a checkpoint is to what a quantized export of it stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity
from .repeated_rows import REPEATED, repeated

_BLOCK = 32
_BLOCKS = frozenset({"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
"""The types whose values share a scale with their neighbours; the smallest block is of 32."""
_UNLIKE = 0.9
"""No encoding in four bits or more is so far from what it encodes: below lies another tensor, or none."""


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The least cosine over every row, also where a tensor has several; one that was not compared leaves
    none. Whether a tensor is in blocks follows from its type."""
    ours, theirs = set(raw["names"]["checkpoint"]), set(raw["names"]["gguf"])
    rows = raw["tensors"]
    compared = {row["name"] for row in rows}
    cosines = [row["cosine"] for row in rows]
    known = [value for value in cosines if value is not None and math.isfinite(value)]
    worst = min(rows, key=lambda row: row["cosine"]) if known and known == cosines else None
    return {
        "asked": raw["asked"],
        "opens": raw["refusal"] is None,
        "refusal": raw["refusal"] or "",
        "file_type": raw["file_type"] or "",
        "tensors": len(compared),
        "repeated": repeated(row["name"] for row in rows),
        "quantized": len({row["name"] for row in rows if row["stored"] in _BLOCKS}),
        "matrices_not_quantized": sorted({row["name"] for row in rows if _in_full(row)}),
        "tensors_missing": sorted(ours - theirs),
        "tensors_not_compared": sorted((ours & theirs) - compared),
        "tensors_not_finite": sorted({row["name"] for row in rows if row["not_finite"]}),
        "tensors_unlike": sorted(
            {row["name"] for row in rows if row["cosine"] is not None and row["cosine"] < _UNLIKE}
        ),
        "least_cosine": None if worst is None else worst["cosine"],
        "worst_tensor": "" if worst is None else f"{worst['name']}, {worst['stored']}",
    }


def _in_full(row: Mapping[str, Any]) -> bool:
    """Whether a matrix whose rows can be cut into blocks is not stored in any."""
    return len(row["shape"]) > 1 and row["shape"][-1] % _BLOCK == 0 and row["stored"] not in _BLOCKS


_NAMES = {"type": "array", "items": {"type": "string"}}

PROBE = Probe(
    name="quantized_round_trip@1",
    description=(
        "Dequantizes every tensor of a quantized export and takes its cosine with the checkpoint's, norms "
        "and biases too, over all values in float64. Where one side is zeros and the other is not, it is 0."
    ),
    parameters={"export": {"enum": ["q8_0", "q4_k_m", "q5_k_m", "q6_k"]}},
    quantities={
        "asked": Quantity("string", "the dtype of the export", values=("q8_0", "q4_k_m", "q5_k_m", "q6_k")),
        "opens": Quantity("boolean", "our reader opens the file"),
        "refusal": Quantity("string", "why it does not, else empty"),
        "file_type": Quantity("string", "the type that the file states of itself, llama.cpp's name"),
        "tensors": Quantity("integer", "tensors compared", minimum=0),
        "repeated": REPEATED,
        "quantized": Quantity("integer", "tensors of them that are stored in quantized blocks", minimum=0),
        "matrices_not_quantized": Quantity(
            "array",
            f"matrices of rows of a multiple of {_BLOCK} that are stored in no blocks",
            items="string",
            among="tensors",
        ),
        "tensors_missing": Quantity(
            "array", "tensors that the file has not", items="string", among="tensors"
        ),
        "tensors_not_compared": Quantity(
            "array", "tensors that both have, of other shapes or types", items="string", among="tensors"
        ),
        "tensors_not_finite": Quantity(
            "array", "tensors with a value that is not finite", items="string", among="tensors"
        ),
        "tensors_unlike": Quantity(
            "array",
            f"tensors with a cosine under {_UNLIKE}, which no loss of precision explains",
            items="string",
            among="tensors",
        ),
        "least_cosine": Quantity(
            "number", "least cosine of a tensor", minimum=-1, maximum=1, among="tensors"
        ),
        "worst_tensor": Quantity("string", "the tensor of which it is, and its type in the file"),
    },
    raw_schema={
        "type": "object",
        "required": ["asked", "refusal", "file_type", "names", "tensors"],
        "additionalProperties": False,
        "properties": {
            "asked": {"type": "string"},
            "refusal": {"type": ["string", "null"]},
            "file_type": {"type": ["string", "null"]},
            "names": {
                "type": "object",
                "required": ["checkpoint", "gguf"],
                "additionalProperties": False,
                "properties": {"checkpoint": _NAMES, "gguf": _NAMES},
            },
            "tensors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "shape", "stored", "not_finite", "cosine"],
                    "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"},
                        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                        "stored": {"type": "string"},
                        "not_finite": {"type": "integer", "minimum": 0},
                        "cosine": {"type": ["number", "null"]},
                    },
                },
            },
        },
    },
    summarize=summarize,
    artifacts=frozenset({"gguf"}),
)
