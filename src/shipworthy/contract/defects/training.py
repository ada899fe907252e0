"""What a training run wrote down about itself."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_RUN: frozenset[DefectOf] = frozenset({"run"})
_TRAINED = "fixture-run"

DECLARED = (
    PlantedDefect(
        "loss_not_finite",
        "The loss overflows in the middle of a night and the loop goes on.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "loss_placeholder",
        "A trainer returns 1.0 where it did not measure, and the pair (1.0, 1.0) is reported.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "loss_constant",
        "The loss of the first batch is kept in a variable that is never assigned again.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "steps_missing",
        "The job was cut off and its summary written from the plan.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "step_repeated",
        "A job was resumed from a checkpoint one step old and logs that step again.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "schedule_ignored",
        "The scheduler is created and never stepped.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "checkpoint_of_another_run",
        "The record is copied along with another run's checkpoint.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "seed_changed",
        "The record is edited after a second try with another seed.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "device_fell_back",
        "cuda was asked for and did not come up; the run went on, on the CPU.",
        of=_RUN,
        fixture=_TRAINED,
    ),
    PlantedDefect(
        "run_unfinished",
        "The run was killed while it wrote, and what is there looks like a run.",
        of=_RUN,
        fixture=_TRAINED,
    ),
)
