"""Raw samples of golden continuations, and of outputs that are held against them."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})

_RECORDED = {
    "golden_dropped": "The prompt that ran out of memory is not in the record.",
    "golden_repeated": "A retry wrote the first prompt again, under the number of the last.",
    "goldens_missing": "The record was written before anything was continued.",
    "golden_cut_short": "One continuation ended at a stop token, and is shorter than the others.",
    "golden_margins_cut": "The margins were kept of the tokens that a plot showed.",
    "golden_margin_missing": "One logit is not a number; strict JSON keeps the margin as null.",
    "golden_margins_constant": "The margin of the first token was written down for all of them.",
    "goldens_from_elsewhere": "The record was made on a GPU, whose rounding is another.",
    "goldens_in_half": "The weights were in bfloat16, and so is what is called golden.",
}
_COMPARED = {
    "output_dropped": "The output that looked bad is not in the receipt.",
    "output_repeated": "One prompt was continued twice, another never, and the count is right.",
    "outputs_missing": "Nothing was continued, and of nothing nothing regressed.",
    "output_cut_short": "The run ended early, and what was there agrees.",
    "output_tokens_lost": "One output is empty: its prompt was filtered.",
    "baseline_of_other_weights": "The baseline is that of last week's checkpoint.",
    "output_of_another_type": "The file that was continued is not the one that was asked for.",
    "export_did_not_load": "llama.cpp refused the file, and the receipt was written all the same.",
    "margin_raised": "The margin was raised until nothing was a regression.",
    "goldens_never_sure": "The record holds no margins but zeros: no change could ever be a regression.",
    "output_parts_where_sure": "One output says another token where the checkpoint left no doubt.",
    "output_parts_without_margin": "One output parts where the record has no margin.",
    "outputs_part_at_once": "A sampler was left on: at the first close call every output goes another way.",
    "outputs_loop": "Behind a close call the export falls into saying one token over and over.",
    "outputs_blank": "Every output decodes to white space: a table of tokens is off by one.",
}

DECLARED = (
    *(PlantedDefect(n, d, of=_MEASUREMENT, fixture="fixture-golden-record") for n, d in _RECORDED.items()),
    *(PlantedDefect(n, d, of=_MEASUREMENT, fixture="fixture-golden-q8-0") for n, d in _COMPARED.items()),
)
