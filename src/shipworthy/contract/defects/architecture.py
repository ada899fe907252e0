"""The one word by which a runtime picks the computation."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_KEY = {"type": "string"}
_APR: frozenset[DefectOf] = frozenset({"apr"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "wrong_architecture_label",
        "A label is stamped by hand: another family, the Hugging Face class, or a misspelling.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"label": _KEY},
    ),
)
