"""Values that are wrong in a file that is otherwise right."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_BOTH: frozenset[DefectOf] = frozenset({"apr", "gguf"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "nan_weight",
        "One weight overflowed in the last step. llama.cpp loads it and decodes with return code 0.",
        of=_BOTH,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "projection_zeroed",
        "A tensor was allocated and never filled, as after saving onto the file one reads from.",
        of=_BOTH,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "rope_layout",
        "q and k rows are written as halves where llama.cpp rotates interleaved pairs.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "one_weight_changed",
        "A single weight of one projection is off by 0.01: a flipped bit, a stale page.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
)
