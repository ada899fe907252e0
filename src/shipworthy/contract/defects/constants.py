"""The numbers beside the weights, by which llama.cpp computes."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_GGUF: frozenset[DefectOf] = frozenset({"gguf"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "rope_base_of_another_model",
        "The rotary base is missing in the configuration, and the exporter writes the old default.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=0.0017,
    ),
    PlantedDefect(
        "rope_base_off",
        "The rotary base passed through a text of few digits; no logit shows it, the metadata does.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=6.9e-12,
    ),
    PlantedDefect(
        "eps_of_another_model",
        "The epsilon of the norms is the default of another family.",
        of=_GGUF,
        fixture=_LLAMA,
        kl_nats=9.2e-07,
    ),
    PlantedDefect(
        "rope_dimension_halved",
        "The rotary dimension is computed from a partial rotary factor that belongs to another family.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "head_counts_of_another_model",
        "The head counts of another size of the same family are written.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "layer_count_short",
        "The layer count is the highest index.",
        of=_GGUF,
        fixture=_LLAMA,
    ),
)
