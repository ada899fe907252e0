"""Raw samples of an evaluation: HumanEval's attempts, and continuations that were parsed."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_MEASUREMENT: frozenset[DefectOf] = frozenset({"measurement"})
_HUMAN_EVAL = "fixture-human-eval"
_REPEATS = "fixture-human-eval-repeats"
_DRIFT = "fixture-human-eval-drift"
_SYNTAX = "fixture-python-syntax"
_COUNT = {"type": "integer", "minimum": 0}


def _of(fixture: str, name: str, description: str, **parameters: dict[str, object]) -> PlantedDefect:
    return PlantedDefect(name, description, of=_MEASUREMENT, fixture=fixture, parameters=parameters)


DECLARED = (
    _of(
        _HUMAN_EVAL,
        "problem_dropped",
        "A problem whose program hung is left out of the receipt, and counts for nothing.",
    ),
    _of(
        _HUMAN_EVAL,
        "problem_repeated",
        "A problem that was solved is counted twice, in place of one that was not.",
    ),
    _of(_HUMAN_EVAL, "no_problems", "The data did not load, and of no problems none failed."),
    _of(
        _HUMAN_EVAL,
        "other_problems",
        "The problems are another set under the same names, such as an easier one or a translation.",
    ),
    _of(
        _HUMAN_EVAL,
        "not_executed",
        "A program is looked at, found to be a function, and counted as run.",
    ),
    _of(
        _HUMAN_EVAL, "not_isolated", "Isolation could not be set up, and the programs were run all the same."
    ),
    _of(
        _HUMAN_EVAL,
        "passed_whatever_ended",
        "The receipt takes a completion that exists for one that passed its tests.",
    ),
    _of(_HUMAN_EVAL, "solves_fewer", "The model solves less: the rest failed its tests.", solved=_COUNT),
    _of(
        _HUMAN_EVAL,
        "best_of_many",
        "Ten samples were drawn of each problem, and it counts as solved at the first attempt if one is.",
    ),
    _of(_HUMAN_EVAL, "sampled", "A temperature was left on, so that the figure is one draw of many."),
    _of(
        _HUMAN_EVAL,
        "other_token_limit",
        "Completions were cut at another length than the criterion says.",
    ),
    _of(
        _HUMAN_EVAL,
        "gpu_in_name_only",
        "The driver did not come up, the evaluation fell back to the CPU, and the receipt kept its label.",
    ),
    _of(_HUMAN_EVAL, "one_completion", "One completion was written down for every problem."),
    _of(_HUMAN_EVAL, "one_time", "One time was written down for every program."),
    _of(_HUMAN_EVAL, "time_not_finite", "A clock was not read, and its NaN went into the receipt."),
    _of(_HUMAN_EVAL, "run_left_out", "A receipt without a run: nothing was measured."),
    _of(_HUMAN_EVAL, "run_added", "Two runs were made, and the better one may be looked at."),
    _of(
        _REPEATS,
        "completion_differs",
        "A kernel that adds in another order each time tips one token, and with it the completion.",
    ),
    _of(_REPEATS, "result_differs", "The same completion passes once and fails once: a test that is flaky."),
    _of(_DRIFT, "baseline_later", "The baseline is of the same day: the rerun was made at once."),
    _of(_DRIFT, "baseline_of_another", "The baseline is of the checkpoint before this one."),
    _of(_DRIFT, "baseline_copied", "The baseline's own run is handed in as the rerun."),
    _of(_DRIFT, "baseline_of_fewer", "The baseline was taken over a part of the problems."),
    _of(_SYNTAX, "continuation_dropped", "A prompt whose continuation did not parse is left out."),
    _of(_SYNTAX, "continuation_repeated", "A prompt that went well stands there twice, in place of another."),
    _of(_SYNTAX, "prompt_twice", "A prompt is asked again until it goes well, and every answer is kept."),
    _of(_SYNTAX, "prompt_renamed", "One prompt is asked under the names of all."),
    _of(_SYNTAX, "no_prompts", "The prompts did not load, and of none none was wrong."),
    _of(_SYNTAX, "continuation_wrong", "The model's continuations are no Python.", wrong=_COUNT),
    _of(
        _SYNTAX,
        "incomplete_at_its_end",
        "The model ends in the middle of a statement, and that is taken for a cut by the limit.",
        wrong=_COUNT,
    ),
    _of(_SYNTAX, "parser_died", "Continuations kill the parser, and what it did not say is not counted."),
    _of(_SYNTAX, "not_parsed", "A continuation was not parsed, and is taken to be right."),
    _of(_SYNTAX, "nothing_written", "The model ends at once: what it did not write has no error in it."),
    _of(_SYNTAX, "one_continuation", "One continuation was written down for every prompt."),
)
