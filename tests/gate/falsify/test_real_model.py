"""`--model`: the same cells on one checkpoint that is registered, and what does not fit it is no kill."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest

from shipworthy.contract import Outcome
from shipworthy.errors import UsageError
from shipworthy.gate.falsify import Report, falsify_model
from shipworthy.gate.planted.metadata import metadata_value_changed
from shipworthy.report.matrix import markdown_matrix, write_matrix
from trial_workspace import REPOSITORY, Workspace


@pytest.fixture(scope="module")
def report(fixture_llama: Path) -> Report:
    with chdir(REPOSITORY):
        return falsify_model(fixture_llama, ["C-01", "AC-SHIP2-010"])


def test_what_fits_is_killed_and_nothing_good_is_red(report: Report) -> None:
    found = report.to_json()
    assert report.all_killed
    assert (found["killed"], found["planted"], found["not_applicable"]) == (5, 5, 2)
    assert found["good"] == 7
    assert found["false_alarms"] == []
    assert found["subject"]["registration"] == "fixture-llama"


def test_a_defect_that_changes_nothing_there_is_not_applicable(report: Report) -> None:
    skipped = [kill for kill in report.kills if not kill.applicable]
    assert [kill.planted.defect for kill in skipped if kill.planted] == [
        "wrong_architecture_label",
        "biases_dropped",
    ]
    assert {kill.result.outcome for kill in skipped} == {Outcome.UNMEASURABLE}
    assert not any(kill.as_hoped for kill in skipped)


def test_recorded_samples_are_no_business_of_a_model(report: Report) -> None:
    assert {kill.contract for kill in report.kills} == {"C-01"}


def test_a_model_that_nobody_registered_is_refused(fixture_llama: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.apr"
    metadata_value_changed(fixture_llama, other, key="rope_theta", value=5.0e5)
    with (
        chdir(REPOSITORY),
        pytest.raises(UsageError, match=r"the registrations that other-f32\.apr meets are: none"),
    ):
        falsify_model(other, ["C-01"])


def test_rows_that_there_was_no_time_for_are_named_and_taken_up_later(
    fixture_llama: Path, tmp_path: Path
) -> None:
    seen: list[int] = []
    with chdir(REPOSITORY):
        none = falsify_model(fixture_llama, ["C-02"], cache=tmp_path, seconds=0.0)
        assert len(none.left) == 11
        assert not none.all_killed
        every = falsify_model(
            fixture_llama, ["C-02"], cache=tmp_path, progress=lambda *row: seen.append(row[2])
        )
        again = falsify_model(fixture_llama, ["C-02"], cache=tmp_path, seconds=0.0)
    assert seen == [11] * 11
    assert every.all_killed
    assert again.all_killed
    assert all(kill.remembered for kill in again.kills)


def test_the_matrix_is_written_for_programs_and_for_people(report: Report, tmp_path: Path) -> None:
    write_matrix(report, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "fixture-llama.json").read_text()) == report.to_json()
    lines = (tmp_path / "out" / "fixture-llama.md").read_text().splitlines()
    assert lines[2].startswith(
        "killed 5 of 5 planted defects (100 %), 2 not applicable; 0 false alarms on 7 "
    )
    assert sum(line.startswith("| FALSIFY-C-01 ") for line in lines) == len(report.kills)
    assert all(line.count("|") == 8 for line in lines if line.startswith("|"))


def test_markdown_names_what_there_was_no_time_for(report: Report) -> None:
    text = markdown_matrix(Report(report.kills, (), report.subject, ("FALSIFY-C-01: nan_weight",)))
    assert text.endswith("No time for:\n\n- FALSIFY-C-01: nan_weight\n")


REFUSED: dict[str, tuple[Callable[[Workspace], tuple[str, ...]], int, str]] = {
    "minutes alone": (lambda _: ("--minutes", "5"), 2, "the fixtures take no budget"),
    "no such file": (lambda _: ("--model", "nowhere.apr"), 4, "nowhere.apr"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_verb_refuses(quick: Workspace, name: str) -> None:
    arguments, code, message = REFUSED[name]
    done = quick.shipworthy("falsify", *arguments(quick))
    assert done.returncode == code
    assert message in done.stderr
