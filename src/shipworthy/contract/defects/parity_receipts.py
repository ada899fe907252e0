"""Raw samples of a comparison with llama.cpp."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})
_PARITY = "fixture-parity"

_HAPPENS = {
    "comparison_dropped": "A prompt on which llama.cpp died is left out, and the rest is reported.",
    "comparison_repeated": "A retry compares a prompt again, and never the one that is missing.",
    "comparisons_missing": "Every request failed, and the receipt is written all the same.",
    "positions_halved": "The comparison was tried out with half of the positions and stayed so.",
    "values_cut_short": "Values are cut to a window for a plot, and the receipt is written after it.",
    "not_a_number_as_zero": "A NaN is written as 0 because the file format has no NaN.",
    "not_a_number": "One position is NaN, which a maximum that skips it does not show.",
    "divergence_of_the_first": "One position is compared and its value written down for all of them.",
    "divergence_negated": "The comparison takes the logarithms in the wrong order, and no maximum shows it.",
    "cache_in_f16": "llama.cpp ran with its default cache, whose rounding is larger than what is looked for.",
    "flash_attention_on": "llama.cpp chose flash attention by itself, for which the export then answers.",
    "decoded_the_other_way": "All positions were taken at once instead of token by token, or the reverse.",
    "computed_elsewhere": "llama.cpp put the layers on a GPU that happened to be there.",
    "one_position_wrong": "The embedding of a token that occurs once was lost: one position is another.",
    "float64_throughout": "Our side was computed in float64 until the figure looked well.",
}

DECLARED = tuple(
    PlantedDefect(name, happens, of=_MEASUREMENT, fixture=_PARITY) for name, happens in _HAPPENS.items()
)
