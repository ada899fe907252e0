"""export_encoding@1: whether each tensor of an export has the type and the bytes that it should have.

Types and fallbacks are derived here from shapes and values alone; what the exporter chose is compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity

_F16_MAX = 65504.0
_BF16_MAX = float.fromhex("0x1.fep127")
_LARGEST = {"F16": _F16_MAX, "BF16": _BF16_MAX, "Q8_0": 127 * _F16_MAX}
"""The largest magnitude that a type holds. A block of Q8_0 is a scale in F16 and whole numbers to 127."""
_PLAIN = {"f16": "F16", "bf16": "BF16", "q8_0": "Q8_0"}
_MIXTURES = {
    "q4_k_m": {"Q4_K": "Q5_0", "Q6_K": "Q8_0"},
    "q5_k_m": {"Q5_K": "Q5_1", "Q6_K": "Q8_0"},
    "q6_k": {"Q6_K": "Q8_0"},
}
"""The types that llama.cpp mixes, each with what it takes where rows are no whole blocks of 256."""
_BLOCK, _K_BLOCK = 32, 256
EXPORTS = (*_PLAIN, *_MIXTURES)


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Hold every tensor against the type that its shape and values call for, and against other quantizers."""
    asked, rows = raw["asked"], raw["tensors"]
    ours, theirs = set(raw["names"]["checkpoint"]), set(raw["names"]["gguf"])
    matrices = [row for row in rows if len(row["shape"]) > 1]
    wrong, fallbacks = [], {}
    for row in rows:
        admitted, reason = _admitted(asked, row)
        if row["stored"] not in admitted:
            allowed = " or ".join(sorted(admitted))
            wrong.append(f"{row['name']} is {row['stored']}, and should be {allowed}")
        if len(row["shape"]) > 1 and row["stored"] not in _wanted(asked):
            fallbacks[row["name"]] = (row["stored"], reason)
    cosines = [row["cosine"] for row in matrices]
    known = [value for value in cosines if value is not None and math.isfinite(value)]
    return {
        "asked": asked,
        "opens": raw["refusal"] is None,
        "refusal": raw["refusal"] or "",
        "file_type": raw["file_type"] or "",
        "tensors": len({row["name"] for row in rows}),
        "matrices": len(matrices),
        "as_asked": sum(row["stored"] in _wanted(asked) for row in matrices),
        "tensors_missing": sorted(ours - theirs),
        "tensors_unexpected": sorted(theirs - ours),
        "tensors_not_compared": sorted((ours & theirs) - {row["name"] for row in rows}),
        "types_wrong": wrong,
        "fallbacks": [f"{name} is {stored}: {why}" for name, (stored, why) in fallbacks.items()],
        "fallbacks_unlisted": _unlisted(fallbacks, raw["listed"]),
        "bytes_differ": [row["name"] for row in rows if not _same_bytes(row)],
        "runs": len(raw["runs"]),
        "runs_same": len(set(raw["runs"])) == 1,
        "least_cosine": min(known) if cosines and len(known) == len(cosines) else None,
    }


def _wanted(asked: str) -> set[str]:
    return {_PLAIN[asked]} if asked in _PLAIN else set(_MIXTURES[asked])


def _admitted(asked: str, row: Mapping[str, Any]) -> tuple[set[str], str]:
    """The types that a tensor may have, and why none of them is what was asked for, if so."""
    shape, largest = row["shape"], row["largest"]
    if len(shape) < 2:
        return {"F32"}, ""
    if asked in _MIXTURES:
        mixture = _MIXTURES[asked]
        if shape[-1] % _K_BLOCK == 0:
            return set(mixture), ""
        reason = f"rows of {shape[-1]} values are not a multiple of {_K_BLOCK}"
        return (set(mixture.values()) if shape[-1] % _BLOCK == 0 else {"F16"}), reason
    kind, reason = _PLAIN[asked], ""
    if kind == "Q8_0" and shape[-1] % _BLOCK:
        kind, reason = "F16", f"rows of {shape[-1]} values are not a multiple of {_BLOCK}"
    if largest > _LARGEST[kind]:
        return {"F32"}, f"the largest value is {largest:g}, beyond {_LARGEST[kind]:g}"
    return {kind}, reason


def _unlisted(fallbacks: Mapping[str, tuple[str, str]], listed: list[Mapping[str, str]]) -> list[str]:
    """A sentence per fallback that is not listed as it is, and per one that is listed and is none."""
    said = {entry["tensor"]: (entry["stored"].upper(), entry["reason"]) for entry in listed}
    found = [
        f"{name} is {stored} because {reason or 'nobody knows why'}; listed is {said.get(name, 'nothing')}"
        for name, (stored, reason) in fallbacks.items()
        if said.get(name) != (stored, reason)
    ]
    return found + [f"{name} is listed and is as asked" for name in said if name not in fallbacks]


def _same_bytes(row: Mapping[str, Any]) -> bool:
    # A copy of what another type held is none.
    copied = row["copied"] and row["source"] == row["stored"]
    return bool(copied or row["stored_sha256"] == row["independent_sha256"])


_NAMES = {"type": "array", "items": {"type": "string"}}
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NUMBER = {"type": ["number", "null"]}

PROBE = Probe(
    name="export_encoding@1",
    description=(
        "Compares an export with the checkpoint tensor by tensor: the type that its shape and its largest "
        "value call for, the fallbacks that the exporter lists, the bytes that another quantizer gives (F16 "
        "and BF16 in integer arithmetic of ours; Q8_0 and K-quants llama.cpp's own, K-quants twice, the "
        "second time with one thread), and the cosine between values and dequantized values in float64. A "
        "tensor that the checkpoint stores in that type already may be a copy."
    ),
    parameters={"export": {"enum": list(EXPORTS)}},
    quantities={
        "asked": Quantity("string", "the dtype that the file was held against", values=EXPORTS),
        "opens": Quantity("boolean", "our reader opens the file"),
        "refusal": Quantity("string", "why it does not, else empty"),
        "file_type": Quantity("string", "the type that the file states of itself, llama.cpp's name"),
        "tensors": Quantity("integer", "tensors compared", minimum=0),
        "matrices": Quantity("integer", "tensors of two dimensions compared", minimum=0),
        "as_asked": Quantity("integer", "matrices in a type that was asked for", minimum=0),
        "tensors_missing": Quantity(
            "array", "tensors that the file has not", items="string", among="tensors"
        ),
        "tensors_unexpected": Quantity(
            "array", "tensors that only the file has", items="string", among="tensors"
        ),
        "tensors_not_compared": Quantity(
            "array", "tensors that both have and that were not compared", items="string", among="tensors"
        ),
        "types_wrong": Quantity(
            "array",
            "a sentence per tensor of another type than it should be",
            items="string",
            among="tensors",
        ),
        "fallbacks": Quantity(
            "array",
            "a sentence per matrix in another type than was asked for, with the reason",
            items="string",
            among="matrices",
        ),
        "fallbacks_unlisted": Quantity(
            "array",
            "a sentence per fallback that the exporter does not list as it is, or lists and there is none",
            items="string",
            among="matrices",
        ),
        "bytes_differ": Quantity(
            "array",
            "tensors whose bytes are not those of the other quantizer",
            items="string",
            among="tensors",
        ),
        "runs": Quantity("integer", "files that llama.cpp's quantizer was run for", minimum=0),
        "runs_same": Quantity("boolean", "all of them have the same bytes, and there is one"),
        "least_cosine": Quantity(
            "number",
            "least cosine of a matrix with its original; none where a value is not finite",
            minimum=-1,
            maximum=1,
            among="matrices",
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["asked", "refusal", "file_type", "names", "listed", "runs", "tensors"],
        "additionalProperties": False,
        "properties": {
            "asked": {"enum": list(EXPORTS)},
            "refusal": {"type": ["string", "null"]},
            "file_type": {"type": ["string", "null"]},
            "names": {
                "type": "object",
                "required": ["checkpoint", "gguf"],
                "additionalProperties": False,
                "properties": {"checkpoint": _NAMES, "gguf": _NAMES},
            },
            "listed": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["tensor", "stored", "reason"],
                    "additionalProperties": False,
                    "properties": {name: {"type": "string"} for name in ("tensor", "stored", "reason")},
                },
            },
            "runs": {"type": "array", "items": _DIGEST},
            "tensors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": [
                        "name",
                        "shape",
                        "largest",
                        "source",
                        "stored",
                        "stored_sha256",
                        "independent_sha256",
                        "copied",
                        "cosine",
                    ],
                    "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"},
                        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                        "largest": {"type": "number", "minimum": 0},
                        "source": {"type": "string"},
                        "stored": {"type": "string"},
                        "stored_sha256": _DIGEST,
                        "independent_sha256": {**_DIGEST, "type": ["string", "null"]},
                        "copied": {"type": "boolean"},
                        "cosine": _NUMBER,
                    },
                },
            },
        },
    },
    summarize=summarize,
    artifacts=frozenset({"gguf"}),
)
