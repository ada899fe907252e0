"""Recorded measurements as fixtures: which cells start from them, and that they are of the right probe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shipworthy.contract import Planted
from shipworthy.errors import ContractError
from shipworthy.gate.falsify.cells import cells_of
from shipworthy.gate.falsify.forms import PLAIN
from shipworthy.gate.falsify.good import DEFAULT, Good
from shipworthy.gate.trial import load_contracts

RECORDED = "fixture-throughput"


@pytest.fixture
def good(tmp_path: Path) -> Good:
    return Good(load_contracts(), tmp_path)


def test_defects_of_a_measurement_alone_need_no_file(good: Good) -> None:
    cells = list(cells_of(good, good.catalogue.contracts["AC-SHIP2-010"]))
    assert {cell.fixture for cell in cells} == {RECORDED}
    assert sum(cell.planted is None for cell in cells) == 1


def test_a_falsifier_may_be_tried_on_samples_and_on_files(good: Good) -> None:
    contract = good.catalogue.contracts["C-01"]
    falsifier = contract.falsifiers[0]
    of_files = {cell.name for cell in cells_of(good, contract)}
    receipt = Planted("nan_sample", "measurement", falsifier.planted[0].red)
    both = replace(contract, falsifiers=(replace(falsifier, planted=(*falsifier.planted, receipt)),))
    added = [cell for cell in cells_of(good, both) if cell.name not in of_files]
    assert [(cell.fixture, cell.planted) for cell in added] == [(RECORDED, None), (RECORDED, receipt)]


def test_samples_of_another_probe_are_no_fixture(good: Good) -> None:
    contract = good.catalogue.contracts["C-01"]
    trial = good.trial(contract, DEFAULT, good.subject(PLAIN, DEFAULT), good.folder)
    with pytest.raises(ContractError, match=r"holds samples of decode_throughput@\d, not of checkpoint_m"):
        good.measured(trial, contract, contract.falsifiers[0], RECORDED)
