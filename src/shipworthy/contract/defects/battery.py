"""Raw samples of the qa battery: hostile prompts, and what a checkpoint writes."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})
_HOSTILE, _WRITTEN, _FASTER = "fixture-hostile", "fixture-text-quality", "fixture-speed-up"

DECLARED = (
    PlantedDefect(
        "reference_missing",
        "The device was timed, and what it is faster than was not.",
        of=_MEASUREMENT,
        fixture=_FASTER,
    ),
    PlantedDefect(
        "sides_exchanged",
        "The figures of the CPU were written down under the device.",
        of=_MEASUREMENT,
        fixture=_FASTER,
    ),
    PlantedDefect(
        "reference_shorter",
        "The CPU was given half of the tokens, since it takes so long.",
        of=_MEASUREMENT,
        fixture=_FASTER,
    ),
    PlantedDefect(
        "reference_on_the_device",
        "Both sides ran on the device: its library was loaded for the reference too.",
        of=_MEASUREMENT,
        fixture=_FASTER,
    ),
    PlantedDefect(
        "hostile_prompt_dropped",
        "The prompt that broke the run was taken out of the list.",
        of=_MEASUREMENT,
        fixture=_HOSTILE,
    ),
    PlantedDefect(
        "hostile_prompt_twice",
        "One prompt was sent twice, another never, and the count is right.",
        of=_MEASUREMENT,
        fixture=_HOSTILE,
    ),
    PlantedDefect(
        "hostile_prompts_refused",
        "A filter in front of the runtime refused every prompt, so that nothing could break.",
        of=_MEASUREMENT,
        fixture=_HOSTILE,
    ),
    PlantedDefect(
        "runtime_crashed",
        "One prompt ended the process, and the run went on with the next.",
        of=_MEASUREMENT,
        fixture=_HOSTILE,
    ),
    PlantedDefect(
        "logits_not_finite",
        "One prompt gave a NaN, and the sampler took the first token.",
        of=_MEASUREMENT,
        fixture=_HOSTILE,
    ),
    PlantedDefect(
        "continuation_loops",
        "The model fell into saying one thing over and over.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
    PlantedDefect(
        "continuation_gibberish",
        "Bytes of several tokens were joined in the wrong order, and decode to no characters.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
    PlantedDefect(
        "continuation_blank",
        "Every continuation is white space: a stop token was mapped to it.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
    PlantedDefect(
        "continuation_cut",
        "The runs ended early, and what was there was judged.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
    PlantedDefect(
        "written_text_dropped",
        "The continuation that looked bad is not in the receipt.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
    PlantedDefect(
        "loss_of_noise",
        "The weights are those of the first step: every text surprises as noise does.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
    PlantedDefect(
        "loss_is_nan",
        "One loss is not a number; strict JSON keeps it as null.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
    PlantedDefect(
        "texts_unread",
        "No text was read, so that no loss could be too high.",
        of=_MEASUREMENT,
        fixture=_WRITTEN,
    ),
)
