"""human_eval@1, its repeats and its drift, python_syntax@1: from recorded good samples to quantities."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.canonical import sha256_bytes
from shipworthy.contract import Catalogue, MeasurementError, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.contract.probes.human_eval_runs import TASKS
from shipworthy.pipeline.evaluation.human_eval import COUNT, PROBLEMS_SHA256
from shipworthy.pipeline.evaluation.parsing import STATUSES

FEW = settings(max_examples=15)
RAN = ("completed", "failed", "killed", "timeout", "output")


@pytest.fixture(scope="module")
def recorded(catalogue: Catalogue) -> dict[str, Any]:
    """The raw samples of every recorded evaluation, by the name of its file."""
    names = [name for name in catalogue.data if name.startswith(("fixture-human", "fixture-python"))]
    return {name: json.loads(catalogue.data[name].path.read_bytes()) for name in names}


def quantities(document: dict[str, Any], change: Any = lambda raw: None) -> dict[str, Any]:
    raw = deepcopy(document["raw"])
    change(raw)
    return quantities_of(PROBES[document["probe"]], raw)


def attempts(raw: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = raw["runs"][0]["attempts"]
    return found


def test_the_recorded_runs_are_the_whole_of_the_pinned_problems(recorded: dict[str, Any]) -> None:
    assert len(TASKS) == COUNT
    for name in ("fixture-human-eval", "fixture-human-eval-repeats", "fixture-human-eval-drift"):
        found = quantities(recorded[name])
        assert (found["problems"], found["executed"], found["attempts"]) == (164, 164, 164)
        assert found["problems_sha256"] == PROBLEMS_SHA256
        assert found["isolated"]
        assert found["finite"]
        assert found["contradictions"] == []


@FEW
@given(st.lists(st.sampled_from([*RAN, "not_run", ""]), min_size=164, max_size=164))
def test_only_what_completed_is_solved_and_only_what_ended_was_run(
    recorded: dict[str, Any], ended: list[str]
) -> None:
    def change(raw: dict[str, Any]) -> None:
        for row, how in zip(attempts(raw), ended, strict=True):
            row.update(ended=how, passed=how == "completed")

    found = quantities(recorded["fixture-human-eval"], change)
    solved = ended.count("completed")
    assert found["pass_at_1_percent"] == pytest.approx(100 * solved / 164)
    assert found["executed"] == sum(how in RAN for how in ended)
    interval = found["pass_at_1_interval"]
    assert interval["low"] <= found["pass_at_1_percent"] <= interval["high"]
    assert found["contradictions"] == []


@FEW
@given(st.sets(st.integers(0, 163)), st.sets(st.integers(0, 163)))
def test_a_problem_counts_where_it_stands_once(
    recorded: dict[str, Any], dropped: set[int], doubled: set[int]
) -> None:
    def change(raw: dict[str, Any]) -> None:
        rows = attempts(raw)
        raw["runs"][0]["attempts"] = [
            row for n, row in enumerate(rows) if n not in dropped for _ in range(1 + (n in doubled))
        ]

    found = quantities(recorded["fixture-human-eval"], change)
    once = 164 - len(dropped | doubled)
    assert (found["problems"], found["executed"]) == (once, once)
    assert found["pass_at_1_percent"] == pytest.approx(100 * once / 164)


def test_what_a_receipt_says_of_itself_solves_nothing(recorded: dict[str, Any]) -> None:
    def change(raw: dict[str, Any]) -> None:
        for row in attempts(raw):
            row.update(ended="failed", passed=True)

    found = quantities(recorded["fixture-human-eval"], change)
    assert found["pass_at_1_percent"] == 0
    assert found["contradictions"] == list(TASKS)


def test_no_run_and_two_runs_have_no_figure(recorded: dict[str, Any]) -> None:
    for number in (0, 2):

        def change(raw: dict[str, Any], number: int = number) -> None:
            raw["runs"] = raw["runs"] * number

        found = quantities(recorded["fixture-human-eval"], change)
        assert (found["runs"], found["pass_at_1_percent"], found["pass_at_1_interval"]) == (
            number,
            None,
            None,
        )
    assert quantities(recorded["fixture-human-eval"], lambda raw: raw["runs"].clear())["isolated"] is False


def test_a_problem_beyond_the_set_is_none(recorded: dict[str, Any]) -> None:
    found = quantities(
        recorded["fixture-human-eval"], lambda raw: attempts(raw)[0].update(task_id="HumanEval/164")
    )
    assert (found["problems"], found["attempts"]) == (163, 164)


@FEW
@given(st.sets(st.integers(0, 163)), st.sets(st.integers(0, 163)))
def test_repeats_name_each_problem_that_differs(
    recorded: dict[str, Any], texts: set[int], results: set[int]
) -> None:
    def change(raw: dict[str, Any]) -> None:
        for n in texts:
            attempts(raw)[n]["completion_sha256"] = "0" * 64
        for n in results:
            attempts(raw)[n].update(ended="failed", passed=False)

    found = quantities(recorded["fixture-human-eval-repeats"], change)
    assert found["completions_differ"] == [TASKS[n] for n in sorted(texts)]
    assert found["results_differ"] == [TASKS[n] for n in sorted(results)]


def test_a_problem_that_a_run_lacks_differs_in_both(recorded: dict[str, Any]) -> None:
    found = quantities(recorded["fixture-human-eval-repeats"], lambda raw: attempts(raw).pop())
    assert found["completions_differ"] == found["results_differ"] == ["HumanEval/163"]


@pytest.mark.parametrize(
    ("before", "after", "days"),
    [
        ("2026-01-01T12:00:00+00:00", "2026-01-02T12:00:00+00:00", 1.0),
        ("2026-01-01T12:00:00+00:00", "2026-01-02T11:59:59+00:00", 1 - 1 / 86400),
        ("2026-01-01T23:00:00+00:00", "2026-01-02T01:00:00+00:00", 2 / 24),
        ("2026-01-01T23:00:00-05:00", "2026-01-02T04:00:00+00:00", 0.0),
        ("2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00", -1.0),
        ("2026-01-01T12:00:00", "2026-01-09T12:00:00+00:00", None),
    ],
)
def test_a_day_is_of_24_hours(recorded: dict[str, Any], before: str, after: str, days: float | None) -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["baseline"]["started"] = before
        raw["runs"][0]["started"] = after

    assert quantities(recorded["fixture-human-eval-drift"], change)["days_apart"] == days


def test_a_time_that_is_none_is_an_error(recorded: dict[str, Any]) -> None:
    with pytest.raises(MeasurementError, match="summarize raised"):
        quantities(
            recorded["fixture-human-eval-drift"], lambda raw: raw["baseline"].update(started="yesterday")
        )


@pytest.mark.parametrize(
    ("started", "dated"),
    [
        ("2026-01-01T12:00:00+00:00", True),
        ("2026-01-01T12:00:00-05:00", True),
        ("2026-01-01T12:00:00Z", True),
        ("2026-01-01T12:00:00", False),
        ("2026-01-01", False),
        ("2026-13-01T12:00:00+00:00", False),
        ("never", False),
        ("", False),
    ],
)
def test_a_run_is_dated_by_a_moment_and_nothing_else(
    recorded: dict[str, Any], started: str, dated: bool
) -> None:
    for name in ("fixture-human-eval", "fixture-human-eval-repeats", "fixture-human-eval-drift"):
        found = quantities(recorded[name], lambda raw: raw["runs"][0].update(started=started))
        assert found["dated"] is dated
        assert dated or found.get("days_apart") is None
        assert quantities(recorded[name], lambda raw: raw["runs"].clear())["dated"] is False


def test_drift_is_the_distance_either_way(recorded: dict[str, Any]) -> None:
    for then in (90.0, None):
        found = quantities(
            recorded["fixture-human-eval-drift"],
            lambda raw, then=then: raw["baseline"].update(pass_at_1_percent=then),
        )
        assert found["drift_percentage_points"] == (None if then is None else 10.0)


@FEW
@given(st.lists(st.tuples(st.sampled_from([*STATUSES, ""]), st.sampled_from(["stop", "eos", "length"])),
                min_size=100, max_size=100))  # fmt: skip
def test_only_valid_and_what_was_cut_incomplete_is_python(
    recorded: dict[str, Any], said: list[tuple[str, str]]
) -> None:
    def change(raw: dict[str, Any]) -> None:
        rows = raw["runs"][0]["continuations"]
        for row, (parsed, stopped) in zip(rows, said, strict=True):
            row.update(parsed=parsed, stopped=stopped)

    found = quantities(recorded["fixture-python-syntax"], change)
    right = sum(
        parsed == "valid" or (parsed, stopped) == ("incomplete", "length") for parsed, stopped in said
    )
    assert found["syntax_errors"] == len(found["syntax_errors_in"]) == 100 - right
    assert found["parsed"] == sum(parsed != "" for parsed, _ in said)


def test_of_no_prompt_there_is_no_figure(recorded: dict[str, Any]) -> None:
    found = quantities(recorded["fixture-python-syntax"], lambda raw: raw["runs"][0]["continuations"].clear())
    assert (found["prompts"], found["syntax_error_percent"]) == (0, None)


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"tokens": 513}, "tokens_over_limit"),
        ({"tokens": 0}, "empty_solved"),
        ({"completion_sha256": sha256_bytes(b"")}, "empty_solved"),
        ({"stopped": "???"}, "stopped_otherwise"),
        ({"seconds": 15.1}, "over_time"),
    ],
)
def test_a_row_that_cannot_be_is_named(
    recorded: dict[str, Any], change: dict[str, Any], quantity: str
) -> None:
    good = quantities(recorded["fixture-human-eval"])
    assert good[quantity] == []
    found = quantities(recorded["fixture-human-eval"], lambda raw: attempts(raw)[3].update(change))
    assert found[quantity] == ["HumanEval/3"]


def test_what_failed_by_nothing_is_no_solution_and_at_the_limit_is_not_over_it(
    recorded: dict[str, Any],
) -> None:
    for change in ({"tokens": 0, "ended": "failed", "passed": False}, {"tokens": 512}, {"seconds": 10.4}):
        found = quantities(
            recorded["fixture-human-eval"], lambda raw, change=change: attempts(raw)[3].update(change)
        )
        assert [found[q] for q in ("empty_solved", "tokens_over_limit", "over_time")] == [[], [], []]


def test_runs_of_different_threads_or_time_have_none_in_common(recorded: dict[str, Any]) -> None:
    for name in ("threads", "seconds_limit"):
        found = quantities(
            recorded["fixture-human-eval-repeats"],
            lambda raw, name=name: raw["runs"][0].update({name: 7}),
        )
        assert found[name] == 0


@pytest.mark.parametrize(
    "change",
    [{"completion_sha256": "x"}, {"seconds": "1"}, {"tokens": -1}, {"passed": 1}, {"completion": "text"}],
)
def test_rows_of_another_form_are_refused(recorded: dict[str, Any], change: dict[str, Any]) -> None:
    with pytest.raises(MeasurementError, match="raw at runs"):
        quantities(recorded["fixture-human-eval"], lambda raw: attempts(raw)[3].update(change))
