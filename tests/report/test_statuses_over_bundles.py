"""A status is computed over all bundles: the newest decides, of this criterion, registration and subject."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from corpus_bundles import corpus_bundle, edited, files_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipworthy.contract import Status
from shipworthy.evidence import read_bundle, write_bundle
from shipworthy.report.ship import history, statuses

NAME = "AC-SHIP2-009"
OLD, NEW = "20260515T214435Z-0f3a9c0d1e2f", "20260516T000000Z-0f3a9c0d1e2f"


def status(bundle: Any, *earlier: Any) -> Status:
    return statuses(bundle, earlier)[NAME]


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ([], Status.DISCHARGED),
        (["missing_hardware"], Status.PARTIAL_ALGORITHM_LEVEL),
        (["missing_hardware", "missing_artifact"], Status.PARTIAL_ALGORITHM_LEVEL),
        (["missing_hardware", "vacuous_gate"], Status.BLOCKED),
        (["missing_hardware", "unregistered"], Status.BLOCKED),
        (["falsified"], Status.BLOCKED),
        (["not_run"], Status.BLOCKED),
    ],
)
def test_one_bundle(made: Any, entry: Any, reasons: list[str], expected: Status) -> None:
    assert status(made([entry(NAME, reasons)])) is expected


def test_an_older_green_never_hides_a_newer_red(made: Any, entry: Any) -> None:
    green = made([entry(NAME)], name=OLD)
    red = made([entry(NAME, ["falsified"])], name=NEW)
    assert status(red, green) is Status.BLOCKED
    assert status(red, green, red) is Status.BLOCKED


def test_a_newer_green_does(made: Any, entry: Any) -> None:
    green = made([entry(NAME)], name=NEW)
    assert status(green, made([entry(NAME, ["falsified"])], name=OLD)) is Status.DISCHARGED


@pytest.mark.parametrize(
    "other",
    [{"subject": "ee" * 32}, {"registration": "ee" * 32}],
    ids=["another subject", "another registration"],
)
def test_a_green_of_something_else_is_nothing(made: Any, entry: Any, other: dict[str, str]) -> None:
    here = made([entry(NAME, ["not_run"])], name=NEW)
    assert status(here, made([entry(NAME)], name=OLD, **other)) is Status.BLOCKED


def test_a_green_at_another_criterion_hash_is_nothing(made: Any, entry: Any) -> None:
    older = made([entry(NAME, criterion="d" * 64)], name=OLD)
    assert status(made([entry(NAME, ["falsified"])], name=NEW), older) is Status.BLOCKED


@given(
    st.lists(st.lists(st.sampled_from(["falsified", "missing_hardware", "error"]), max_size=2), max_size=6)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_came_before_never_matters(made: Any, entry: Any, earlier: list[list[str]]) -> None:
    past = [made([entry(NAME, reasons)], name=f"{OLD}-{n + 2}") for n, reasons in enumerate(earlier)]
    for reasons in ([], ["falsified"], ["missing_hardware"]):
        now = made([entry(NAME, reasons)], name=NEW)
        assert status(now, *past) is status(now)


def test_a_subject_refused_at_the_door_is_history_of_nothing(made: Any, entry: Any) -> None:
    refused = made([], name=OLD)
    here = made([entry(NAME)], name=NEW)
    del refused.statement["predicate"]["registration"]
    assert status(here, refused) is Status.DISCHARGED


def test_history_names_what_it_cannot_count(tmp_path: Path) -> None:
    """An altered bundle, one cut off, one whose verdict does not follow, and one still being written."""
    original = corpus_bundle("0.1.0/unsigned")
    names = (OLD, NEW, f"{NEW}-2", f"{NEW}-3")
    paths = [tmp_path / name for name in names]
    for path in paths[:3]:
        shutil.copytree(original, path)
    shutil.copytree(original, tmp_path / f".{OLD}.0.partial")
    (paths[1] / "statement.json").write_bytes(b"{}")

    def turn_green(statement: dict[str, Any]) -> None:
        for criterion in statement["predicate"]["criteria"]:
            criterion.update(verdict="DISCHARGED", reasons=[])

    write_bundle(tmp_path, names[3], edited(files_of(original), "statement.json", turn_green))
    found, problems = history(tmp_path)
    assert [bundle.path for bundle in found] == [paths[0], paths[2]]
    assert ["digest-differs" in problems[0], "verdict-differs" in problems[1], len(problems)] == [
        True,
        True,
        2,
    ]
    assert [b.path for b in history(tmp_path, until=read_bundle(paths[2]))[0]] == [paths[0]]
    assert [b.path for b in history(tmp_path, subject="0" * 64)[0]] == []
    assert history(tmp_path / "nothing") == ([], [])
