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
    PlantedDefect(
        "final_norm_missing",
        "A list of tensors to save names the layers and forgets what comes after them.",
        of=_BOTH,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "tensor_renamed",
        "The state of an inner module was saved, so that a name lost its prefix.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "buffer_saved",
        "A non-persistent buffer was registered as a persistent one and is saved with the weights.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "output_duplicated",
        "torch saves a tied matrix under both its names, and the reader takes the model for untied.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "embedding_rows_cut",
        "The vocabulary was trimmed by one row and the constant that counts it was not.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "matrix_transposed",
        "A matrix comes from a framework that keeps weights as [in, out].",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "layers_counted_from_one",
        "A converter from a framework that counts layers from 1 keeps its numbers.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "embedding_zeroed",
        "Saving began before the gathered embedding arrived from the other ranks.",
        of=_APR,
        fixture=_LLAMA,
    ),
)
