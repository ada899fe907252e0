"""Receipts of what a checkpoint writes, answers, loads and renders, with something else not as asked."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})
_WRITTEN, _HOSTILE, _CHAT = "fixture-text-quality", "fixture-hostile", "fixture-chat"
_QUANTIZED, _LOADS = "fixture-quantized", "fixture-loads"


def _of(fixture: str, name: str, description: str) -> PlantedDefect:
    return PlantedDefect(name, description, of=_MEASUREMENT, fixture=fixture)


DECLARED = (
    _of(
        _WRITTEN,
        "row_repeated_until_green",
        "What failed was run again until it was green, and both rows stay.",
    ),
    _of(_WRITTEN, "row_counted_twice", "A row that went well stands there twice."),
    _of(_WRITTEN, "fewer_tokens_asked", "To save time eight tokens were asked for, and were given."),
    _of(
        _WRITTEN,
        "continuations_end_at_once",
        "The model says its eos behind the first token of every prompt.",
    ),
    _of(_WRITTEN, "one_continuation_for_all", "The cache was not emptied: every prompt is continued alike."),
    _of(_WRITTEN, "one_text_for_all", "The loop over the texts read the first one each time."),
    _of(_WRITTEN, "loss_of_nothing", "The loss was summed over a mask that leaves nothing over: it is 0."),
    _of(_WRITTEN, "written_by_another_engine", "The texts were written by the runtime on the export."),
    _of(
        _WRITTEN,
        "written_on_another_device",
        "The device did not come up, and part of the work ran elsewhere.",
    ),
    _of(_WRITTEN, "written_in_half", "The weights were read in bfloat16, and the receipt says float32."),
    _of(
        _HOSTILE,
        "answerable_refused",
        "A filter refuses prompts that it finds odd, which the model can answer.",
    ),
    _of(
        _HOSTILE, "unanswerable_answered", "A prompt beyond the context is cut without a word, and answered."
    ),
    _of(_HOSTILE, "prompts_without_tokens", "The tokenizer was not loaded, and no prompt had a token."),
    _of(_HOSTILE, "context_misstated", "The context that decides what must be refused is another model's."),
    _of(_LOADS, "one_spread_for_all", "The spread of the first prompt was written down for each."),
    _of(_QUANTIZED, "matrices_in_full", "The quantizer skipped all matrices but one, which says q4_k_m."),
    _of(_CHAT, "goldens_of_its_own", "The goldens were made by the template that is on trial."),
    _of(_CHAT, "rendered_to_nothing", "The lengths were never taken: each rendering has no bytes."),
)
