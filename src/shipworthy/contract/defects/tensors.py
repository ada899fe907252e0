"""Which tensors a file holds."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_APR: frozenset[DefectOf] = frozenset({"apr"})
_BOTH: frozenset[DefectOf] = frozenset({"apr", "gguf"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "layer_dropped",
        "The last layer is lost and the layer count follows it: complete in itself, and too small.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "tensor_missing",
        "One shard of a sharded save was not written; another tool fills the gap with noise.",
        of=_BOTH,
        fixture=_LLAMA,
    ),
)
