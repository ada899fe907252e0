"""gguf_layout@1: whether each tensor of an export lies where its type and its final shape put it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity

_K_BLOCK = 256
"""Values of a block of every K-quant; a row must be whole blocks of it."""


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Walk the tensors in file order: offsets, ends and padding follow from types and shapes alone."""
    alignment, expected, end = raw["alignment"], 0, 0
    misfits, offsets = [], []
    for tensor in raw["tensors"]:
        name, shape, block = tensor["name"], tensor["shape"], tensor["block"]
        if block > 1 and (not shape or shape[-1] % block):
            misfits.append(f"{name} is {tensor['dtype']} of {shape}, not rows of whole blocks of {block}")
        if tensor["offset"] != expected:
            offsets.append(f"{name} has offset {tensor['offset']}, expected {expected}")
        end = expected + math.prod(shape) // block * tensor["block_bytes"]
        expected = -(-end // alignment) * alignment
    data = raw["file_size"] - raw["data_start"]
    return {
        "opens": raw["refusal"] is None,
        "refusal": raw["refusal"] or "",
        "tensors": len(raw["tensors"]),
        "k_quants": sum(tensor["block"] == _K_BLOCK for tensor in raw["tensors"]),
        "block_misfits": misfits,
        "offsets_wrong": offsets,
        "bytes_missing": max(end - data, 0),
        "bytes_left_over": max(data - expected, 0),
        "padding_not_zero": raw["padding_not_zero"],
    }


_COUNT = {"type": "integer", "minimum": 0}

PROBE = Probe(
    name="gguf_layout@1",
    description=(
        "Reads type, shape and offset of every tensor from the header of a GGUF, and the padding between "
        "them; then opens the file with the reader that everything else here uses."
    ),
    parameters={},
    quantities={
        "opens": Quantity("boolean", "our reader, which checks every extent, opens the file"),
        "refusal": Quantity("string", "why it does not, else empty"),
        "tensors": Quantity("integer", "tensors in the header", minimum=0),
        "k_quants": Quantity("integer", "tensors in blocks of 256", minimum=0),
        "block_misfits": Quantity(
            "array",
            "a sentence per tensor whose rows are not whole blocks of its type",
            items="string",
            among="tensors",
        ),
        "offsets_wrong": Quantity(
            "array",
            "a sentence per tensor that is not where those before it end",
            items="string",
            among="tensors",
        ),
        "bytes_missing": Quantity(
            "integer", "bytes of tensors past the end of the file", unit="bytes", minimum=0, among="tensors"
        ),
        "bytes_left_over": Quantity(
            "integer", "bytes after the last tensor", unit="bytes", minimum=0, among="tensors"
        ),
        "padding_not_zero": Quantity(
            "array",
            "what is followed by padding that is not zero: the header, or tensors",
            items="string",
            among="tensors",
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["refusal", "alignment", "data_start", "file_size", "tensors", "padding_not_zero"],
        "additionalProperties": False,
        "properties": {
            "refusal": {"type": ["string", "null"]},
            "alignment": {"type": "integer", "minimum": 1},
            "data_start": _COUNT,
            "file_size": _COUNT,
            "tensors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "dtype", "block", "block_bytes", "shape", "offset"],
                    "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"},
                        "dtype": {"type": "string"},
                        "block": {"type": "integer", "minimum": 1},
                        "block_bytes": {"type": "integer", "minimum": 1},
                        "shape": {"type": "array", "items": _COUNT},
                        "offset": _COUNT,
                    },
                },
            },
            "padding_not_zero": {"type": "array", "items": {"type": "string"}},
        },
    },
    summarize=summarize,
    artifacts=frozenset({"gguf"}),
)
