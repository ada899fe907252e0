"""Receipts of evaluations whose rows cannot be: too long, too slow, all alike, solved by nothing."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})


def _of(name: str, description: str, fixture: str = "fixture-human-eval") -> PlantedDefect:
    return PlantedDefect(name, description, of=_MEASUREMENT, fixture=fixture)


DECLARED = (
    _of("nearly_one_completion", "All problems but one have the same completion: the cache was not emptied."),
    _of("tokens_beyond_the_limit", "The limit on tokens was not passed on, and the receipt states it."),
    _of("solved_by_nothing", "The prompt alone is run, and a test that asserts nothing passes."),
    _of("stopped_at_nothing", "The reason for which a completion ended is not one that there is."),
    _of("programs_beyond_the_time", "The limit on time was not set, and a program had as long as it liked."),
    _of("another_time_limit", "Programs were given ten times as long as is said."),
    _of("times_not_taken", "The clock was read for the first program alone; the others took no time."),
    _of("start_not_stated", "Nobody looked at a clock when the run began, and a word stands for it."),
    _of("start_without_offset", "The run began at a time of day in a zone that nobody wrote down."),
    _of(
        "rerun_is_a_copy",
        "The second run is the first one's file, under a process that was made up.",
        "fixture-human-eval-repeats",
    ),
    _of(
        "runs_of_other_threads",
        "The second run was made with another number of threads.",
        "fixture-human-eval-repeats",
    ),
)
