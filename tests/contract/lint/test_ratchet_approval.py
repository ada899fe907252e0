"""`lint --against REV`: who moves a bar says why, who approved it, and in which version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ratchet import (
    APPROVED,
    HOST,
    MODEL,
    ONE,
    RELEASE,
    TWO,
    Edit,
    against,
    codes,
    directions,
    git,
    raised,
)


def test_a_tightening_is_free_once_it_has_a_version(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 3}")
    assert codes(against(repository, registries)) == ["version-not-raised"]
    raised(edit, approved=False)
    assert against(repository, registries).red == ()


def test_a_criterion_that_changed_needs_a_version_and_a_line_of_it(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 3}")
    edit(ONE, "version: 1.1.0\n", "version: 1.2.0\n")
    (problem,) = against(repository, registries).red
    assert problem.code == "version-not-raised"
    assert "no changelog line" in problem.message
    assert (problem.line, problem.column) == (2, 1)


def test_a_draft_that_stays_one_needs_no_version_and_one_that_binds_does(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(TWO, "statement: The text rhymes.", "statement: It rhymes.")
    assert against(repository, registries).red == ()
    active = (
        "state: ACTIVE\nfalsifiers: [{id: FALSIFY-TEXT-009, probe: export_size@1, needs: {artifact: gguf}, "
        "expect: {bytes: {minimum: 1}}, planted: [{defect: line_doubled, of: gguf, red: bytes}]}]"
    )
    edit(TWO, "state: DRAFT", active)
    comparison = against(repository, registries)
    assert directions(comparison) == {"state": "tightening"}
    assert codes(comparison) == ["version-not-raised"]


def test_a_loosening_needs_a_reason_and_an_approver(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 2}")
    comparison = against(repository, registries)
    assert codes(comparison) == ["loosened", "version-not-raised"]
    problem = next(problem for problem in comparison.red if problem.code == "loosened")
    assert ">= 2.5 lines/s -> >= 2 lines/s" in problem.message or ">= 2.5 -> >= 2" in problem.message
    assert (problem.line, problem.column) == (19, 7)
    raised(edit, approved=False)
    assert codes(against(repository, registries)) == ["loosened"]
    edit(ONE, "change: c}", "change: c, reason: r, approver: the lead}")
    assert against(repository, registries).red == ()


def test_an_approval_of_before_covers_nothing_new(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "seconds: 10,", "seconds: 99,")  # 1.1.0 was approved, for something else
    assert codes(against(repository, registries)) == ["loosened"]


def test_an_approval_holds_through_later_versions(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 2}")
    raised(edit)
    edit(ONE, "version: 1.2.0\n", "version: 1.3.0\n")
    edit(ONE, "approver: the lead}\n  - {version: 1.2.0, change: c, reason: r, approver: the lead}\n",
         "approver: the lead}\n  - {version: 1.2.0, change: c, reason: r, approver: the lead}\n"
         "  - {version: 1.3.0, change: d}\n")  # fmt: skip
    assert against(repository, registries).red == ()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (HOST, "cores: {minimum: 2}}\n", "cores: {minimum: 1}}\n"),
        (MODEL, "licence: apache-2.0\n", "licence: mit\n"),
        (RELEASE, "AC-TEXT-001: 60, AC-TEXT-002: 40, GATE-ALL: 0}\n", "AC-TEXT-001: 100, GATE-ALL: 0}\n"),
    ],
)
def test_a_file_without_a_version_names_its_approver_too(
    name: str, old: str, new: str, repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(name, old, new)
    assert "loosened" in codes(against(repository, registries))
    edit(name, new, new + APPROVED)
    assert "loosened" not in codes(against(repository, registries))
    git(repository, "commit", "-qam", "approved")
    edit(name, new, old)  # the way back is another change, and the line is no longer new
    moved = against(repository, registries)
    free = all(change.direction.free for change in moved.changes)
    assert ("loosened" in codes(moved)) != free
