"""A compound measures nothing: it reads the verdicts of the same dispatch, last."""

from __future__ import annotations

from pathlib import Path

import pytest

from trial_workspace import BATTERY, Workspace, reasons

COMPOUND = """\
id: C-ALL
version: 1.0.0
state: ACTIVE
title: The metadata is whole
statement: Every criterion of the metadata holds.
why: A release asks for all of them at once.
subject: checkpoint
kind: compound
all_of: [C-01, C-02, C-03]
"""


@pytest.fixture
def battery(quick: Workspace) -> Workspace:
    (quick.contracts / "c-all.yaml").write_text(COMPOUND)
    release = quick.contracts / "releases" / "fixture.yaml"
    release.write_text(release.read_text() + "  C-ALL: 0\n")
    quick.compile()
    return quick


def test_it_is_discharged_where_every_member_is(battery: Workspace, fixture_llama: Path) -> None:
    done = battery.pytest("--subject", fixture_llama)
    assert (done.returncode, "4 passed" in done.stdout) == (0, True), done.stdout
    assert reasons(battery.bundle()) == {"C-01": [], "C-02": [], "C-03": [], "C-ALL": []}


def test_it_bears_the_reasons_of_its_members(battery: Workspace, fixture_llama: Path) -> None:
    done = battery.pytest("--subject", fixture_llama, "-k", "not c_02")
    assert "FAIL: not DISCHARGED: C-02" in done.stdout
    assert reasons(battery.bundle())["C-ALL"] == ["not_run"]


def test_it_adds_nothing_to_the_ship_percentage(battery: Workspace, fixture_llama: Path) -> None:
    done = battery.dispatch(fixture_llama)
    assert done.code == 0
    assert "demo ship-% of fixture: 100 of 100" in done.stdout


DRAFT = """\
id: C-04
version: 1.0.0
state: DRAFT
title: The metadata is signed
statement: The metadata bears a signature.
why: Nobody has written the probe yet.
subject: checkpoint
falsifiers:
  - {id: FALSIFY-C-04, probe: signature@1, expect: {signed: {const: true}}}
"""


def test_a_draft_among_its_members_keeps_it_blocked(battery: Workspace, fixture_llama: Path) -> None:
    """Whether the release weighs the draft or not: it has no verdict in the dispatch."""
    (battery.contracts / "c-04.yaml").write_text(DRAFT)
    compound = battery.contracts / "c-all.yaml"
    compound.write_text(compound.read_text().replace("C-03]", "C-03, C-04]"))
    battery.compile()
    done = battery.dispatch(fixture_llama)
    assert (done.code, reasons(done.bundle)["C-ALL"]) == (1, ["not_run"])
    release = battery.contracts / "releases" / "fixture.yaml"
    release.write_text(release.read_text().replace("  C-02: 40\n", "  C-02: 10\n  C-04: 30\n"))
    weighed = battery.dispatch(fixture_llama)
    assert (weighed.code, reasons(weighed.bundle)["C-ALL"]) == (1, ["not_run"])
    predicate = weighed.bundle.predicate
    assert (predicate["not_written"], predicate["drafts"]) == (["C-04"], ["C-04"])
    assert "demo ship-% of fixture: 70 of 100" in weighed.stdout
    assert "30 of 100 are of criteria without a gate, and earn 0" in weighed.stdout


@pytest.fixture
def citing(quick: Workspace) -> Workspace:
    (quick.contracts / "c-09.yaml").write_text(BATTERY)
    release = quick.contracts / "releases" / "fixture.yaml"
    release.write_text(release.read_text() + "  C-09: 0\n")
    quick.compile()
    quick.falsify("C-09")
    return quick


def test_a_battery_measures_and_cites(citing: Workspace, fixture_llama: Path) -> None:
    done = citing.pytest("--subject", fixture_llama)
    assert (done.returncode, "5 passed" in done.stdout) == (0, True), done.stdout
    assert reasons(citing.bundle())["C-09"] == []


def test_a_battery_bears_the_reasons_of_what_it_cites(citing: Workspace, fixture_llama: Path) -> None:
    done = citing.pytest("--subject", fixture_llama, "-k", "not test_falsify_c_02")
    assert "FAIL: not DISCHARGED: C-02" in done.stdout
    assert reasons(citing.bundle())["C-09"] == ["not_run"]
