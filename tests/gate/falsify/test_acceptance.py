"""A real model that misses acceptance numbers is no false alarm, and no kill is counted on what it misses."""

from __future__ import annotations

from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest

from shipworthy.contract import Catalogue, Contract, Outcome, Planted
from shipworthy.gate.engine import Result
from shipworthy.gate.falsify import Kill, Report, falsify_model
from shipworthy.gate.falsify.acceptance import settled
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.planted import plant_in_file
from shipworthy.report.matrix import markdown_matrix
from trial_workspace import REPOSITORY


@pytest.fixture
def contract(catalogue: Catalogue) -> Contract:
    return catalogue.contracts["AC-SHIP1-003"]


def row(
    *failed: str, planted: Planted | None = None, outcome: Outcome = Outcome.FAIL, empty: bool = False
) -> Kill:
    checks = tuple({"quantity": name, "outcome": Outcome.FAIL} for name in failed)
    result = Result("FALSIFY-SHIP-003", "AC-SHIP1-003", "0", "0", "0", outcome, None, "", {}, checks)
    return Kill(
        "AC-SHIP1-003", "FALSIFY-SHIP-003", "it", planted, planted is not None, result, 0.0, empty=empty
    )


COSINE, UNLIKE = (Planted("scales_lost", "gguf", red, None, {}) for red in ("least_cosine", "tensors_unlike"))


def test_missing_an_acceptance_number_alone_is_what_a_model_is(contract: Contract) -> None:
    good, cosine, unlike = settled(
        [row("least_cosine"), row("least_cosine", planted=COSINE), row("tensors_unlike", planted=UNLIKE)],
        [contract],
    )
    assert good.as_hoped
    assert (cosine.applicable, unlike.applicable, unlike.as_hoped) == (False, True, True)
    found = Report((good, cosine, unlike), subject={"name": "it"}).to_json()
    assert (found["false_alarms"], found["killed"], found["planted"]) == ([], 1, 1)
    assert "FAIL, of acceptance numbers alone" in markdown_matrix(Report((good,), subject={"name": "it"}))


@pytest.mark.parametrize(
    "good",
    [
        row("least_cosine", "tensors_unlike"),
        row("tensors_missing"),
        row(),
        row("least_cosine", outcome=Outcome.ERROR),
    ],
)
def test_anything_else_is_an_alarm(good: Kill, contract: Contract) -> None:
    (alone, planted) = settled([good, row("least_cosine", planted=COSINE)], [contract])
    assert not alone.as_hoped
    assert planted.as_hoped


def test_what_is_empty_is_refused_as_before(contract: Contract) -> None:
    (nothing,) = settled([row("least_cosine", empty=True)], [contract])
    assert not nothing.functional


def test_a_fixture_that_misses_its_numbers_stays_an_alarm() -> None:
    assert not row("least_cosine").as_hoped, "only a real model is what it is"


@pytest.mark.slow
def test_a_model_of_ordinary_weights_is_functional(catalogue: Catalogue, tmp_path: Path) -> None:
    """Four bits do not hold them to 0.999, and the other seven quantities are as they should be."""
    write_fixture(catalogue, "wide-llama", tmp_path / "levels.apr")
    defect = Planted("full_precision_weights", "apr", "least_cosine", None, {})
    plant_in_file(defect, tmp_path / "levels.apr", tmp_path / "model.apr")
    with chdir(REPOSITORY):
        report = falsify_model(tmp_path / "model.apr", ["AC-SHIP1-003"])
    found = report.to_json()
    good = [kill for kill in report.kills if kill.planted is None]
    assert [(kill.functional, sorted(kill.result.failed)) for kill in good] == [
        (True, ["least_cosine"])
    ] * len(good)
    assert (found["false_alarms"], report.all_killed) == ([], True)
    assert all(replace(kill, functional=False).as_hoped is False for kill in good)
