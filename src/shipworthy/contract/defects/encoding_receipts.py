"""Receipts of how exports are encoded, and of llama.cpp decoding one: what goes missing between a measurement
and the file that reports it."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_RAW: frozenset[DefectOf] = frozenset({"measurement"})
_ENCODING = "fixture-encoding-q4-k-m"
_LOADS = "fixture-loads"
_TEXT = {"type": "string", "minLength": 1}

DECLARED = (
    PlantedDefect(
        "fallback_not_listed",
        "The list of fallbacks is cut to what fits on the screen.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "fallback_without_reason",
        "The reason is logged, and only the type reaches the report.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "fallback_listed_for_nothing",
        "The list of an earlier export stays in the report of this one.",
        of=_RAW,
        fixture="fixture-encoding-f16",
    ),
    PlantedDefect(
        "tensor_not_in_the_receipt",
        "A comparison that failed is logged and left out of the rows.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "nothing_in_the_receipt",
        "The loop over tensors looks for names that this format does not use, and finds none.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "receipt_of_another_dtype",
        "The job is started over with another dtype, and its receipt lies under the old name.",
        of=_RAW,
        fixture=_ENCODING,
        parameters={"asked": _TEXT},
    ),
    PlantedDefect(
        "every_tensor_a_copy",
        "Bytes are not compared where a flag says that nothing was encoded, and the flag is always set.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "cosine_not_finite",
        "An overflow makes a cosine that is no number; strict JSON keeps it as null.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "quantizer_run_once",
        "The second run is skipped because its file is there already.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "quantizer_runs_differ",
        "Threads race for an accumulator: each run gives another file.",
        of=_RAW,
        fixture=_ENCODING,
    ),
    PlantedDefect(
        "prompt_dropped",
        "A prompt that ran into its time limit is not among the results.",
        of=_RAW,
        fixture=_LOADS,
    ),
    PlantedDefect(
        "prompt_repeated",
        "A retry counts as another prompt: a hundred results of 99 prompts.",
        of=_RAW,
        fixture=_LOADS,
    ),
    PlantedDefect(
        "prompt_cut_short",
        "The context is full after a few tokens, and the rest of the prompt is not decoded.",
        of=_RAW,
        fixture=_LOADS,
    ),
    PlantedDefect(
        "vocabulary_of_another_model",
        "The receipt is that of the base model, which has other tokens.",
        of=_RAW,
        fixture=_LOADS,
    ),
)
