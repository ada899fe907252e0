"""Rows of the matrix are remembered by the digest of all that decides them, and by nothing less."""

from __future__ import annotations

import json
import os
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Outcome
from shipworthy.gate.falsify import falsify_contracts, remembered
from shipworthy.gate.falsify.cells import Cell, cells_of, run_cell
from shipworthy.gate.falsify.good import Good
from shipworthy.gate.falsify.remembered import Remembered, cell_key
from trial_workspace import Workspace


@pytest.fixture(scope="module")
def good(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Good:
    return Good(catalogue, tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def cells(good: Good, catalogue: Catalogue) -> list[Cell]:
    return list(cells_of(good, catalogue.contracts["AC-SHIP2-010"]))


def test_a_row_comes_back_as_it_was_and_says_that_it_was_remembered(
    good: Good, cells: list[Cell], tmp_path: Path
) -> None:
    memory = Remembered(tmp_path / "falsify")
    for cell in cells:
        assert memory.find(good, cell) is None
        ran = run_cell(good, cell)
        memory.keep(good, cell, ran)
        found = memory.find(good, cell)
        assert found is not None
        assert found.remembered
        assert not ran.remembered
        assert found.result.failed == ran.result.failed
        assert {**found.to_json(), "remembered": False} == ran.to_json()


def test_every_cell_has_a_key_of_its_own(good: Good, catalogue: Catalogue) -> None:
    cells = [
        cell
        for name in ("C-01", "C-02", "AC-SHIP2-009", "AC-SHIP2-010")
        for cell in cells_of(good, catalogue.contracts[name])
    ]
    assert len({cell_key(good, cell) for cell in cells}) == len(cells)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_versions", lambda: {"torch": "0"}),
        ("_probe_sources", lambda _: {"probe": "0"}),
        ("_defect_sources", lambda _: {"own": "0"}),
        ("_good_digest", lambda *_: "0"),
        ("criterion_hash", lambda *_: "0"),
        ("planted_entry", lambda _: {}),
    ],
)
def test_whatever_decides_a_row_is_in_its_key(
    good: Good, cells: list[Cell], monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    cell = next(cell for cell in cells if cell.planted is not None)
    before = cell_key(good, cell)
    monkeypatch.setattr(remembered, name, value)
    assert cell_key(good, cell) != before


def test_a_changed_registration_is_another_key(good: Good, catalogue: Catalogue) -> None:
    cell = next(iter(cells_of(good, catalogue.contracts["C-02"])))
    registration = catalogue.registrations["fixture-llama"]
    stated = {**registration.document.value, "licence": "mit"}
    other = replace(registration, document=replace(registration.document, value=stated))
    changed = replace(catalogue, registrations={**catalogue.registrations, "fixture-llama": other})
    again = Good(changed, good.folder)
    assert cell_key(again, cell) != cell_key(good, cell)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"result": null}', b"\xff"])
def test_a_damaged_row_is_none(good: Good, cells: list[Cell], tmp_path: Path, damage: bytes) -> None:
    memory = Remembered(tmp_path)
    memory.keep(good, cells[0], run_cell(good, cells[0]))
    (stored,) = tmp_path.iterdir()
    assert memory.find(good, cells[0]) is not None
    stored.write_bytes(damage)
    assert memory.find(good, cells[0]) is None


def test_a_gate_that_broke_is_tried_again(good: Good, cells: list[Cell], tmp_path: Path) -> None:
    kill = run_cell(good, cells[0])
    memory = Remembered(tmp_path)
    memory.keep(good, cells[0], replace(kill, result=replace(kill.result, outcome=Outcome.ERROR)))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_costs_only_time(
    good: Good, cells: list[Cell], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    memory = Remembered(tmp_path / "file")
    memory.keep(good, cells[0], run_cell(good, cells[0]))
    assert memory.find(good, cells[0]) is None


@pytest.mark.slow
def test_the_second_run_remembers_and_a_changed_bound_does_not(quick: Workspace) -> None:
    cache = quick.root / ".shipworthy" / "falsify"
    with chdir(quick.root):
        first = falsify_contracts(["C-02"], write=True, cache=cache)
        second = falsify_contracts(["C-02"], write=True, cache=cache)
        assert not any(kill.remembered for kill in first.kills)
        assert all(kill.remembered for kill in second.kills)
        assert first.changed == second.changed == ()
        path = quick.contracts / "c-02.yaml"
        path.write_text(path.read_text().replace("implausible: {maxItems: 0}", "implausible: {maxItems: 1}"))
        third = falsify_contracts(["C-02"], write=False, cache=cache)
    assert not any(kill.remembered for kill in third.kills)
    assert not third.all_killed


@pytest.mark.slow
def test_the_verb_remembers_unless_told_not_to(quick: Workspace) -> None:
    def remembers(*options: str) -> set[bool]:
        done = quick.shipworthy("falsify", "C-02", "--json", *options)
        assert done.returncode == 0, done.stderr
        return {row["remembered"] for row in json.loads(done.stdout)["matrix"]}

    assert remembers() == {False}
    assert remembers() == {True}
    assert remembers("--no-cache") == {False}
    assert os.listdir(quick.root / ".shipworthy" / "falsify")
