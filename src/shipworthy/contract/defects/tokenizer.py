"""What turns text into ids and back."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_APR: frozenset[DefectOf] = frozenset({"apr"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "decoder_lost",
        "The tokenizer was saved without its decoder: text goes in and does not come back.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "tokenizer_removed",
        "The tokenizer stayed in the training directory: 'APR missing embedded tokenizer'.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "special_token_id_out_of_range",
        "The end-of-text id comes from the tokenizer before it was cut down.",
        of=_APR,
        fixture=_LLAMA,
    ),
)
