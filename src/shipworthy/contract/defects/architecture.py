"""The one word by which a runtime picks the computation."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_KEY = {"type": "string"}
_APR: frozenset[DefectOf] = frozenset({"apr"})
_LLAMA = "fixture-llama"
_QWEN2 = "fixture-qwen2"

DECLARED = (
    PlantedDefect(
        "wrong_architecture_label",
        "A label is stamped by hand: another family, the Hugging Face class, or a misspelling.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"label": _KEY},
    ),
    PlantedDefect(
        "biases_dropped",
        "A converter for llama is used on a qwen2: it knows no biases, and the label stays qwen2.",
        of=_APR,
        fixture=_QWEN2,
    ),
    PlantedDefect(
        "biases_added",
        "A model class adds biases of zeros that change nothing today and belong to another family.",
        of=_APR,
        fixture=_LLAMA,
    ),
)
