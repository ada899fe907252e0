"""What contracts may plant is what can be made, says how it happens, and is planted somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from planting import planted
from shipworthy.contract import Catalogue
from shipworthy.contract.defects import DEFECTS, TOPICS, training
from shipworthy.errors import ContractError
from shipworthy.gate.planted import FILE_DEFECTS, RAW_DEFECTS, plant_in_file, plant_in_raw

SEEN_BY_NO_PROBE_YET = {*training.DECLARED}
"""Records of runs: made, and named by no contract."""


def test_what_is_declared_is_what_can_be_made() -> None:
    declared = {(of, name) for name, defect in DEFECTS.items() for of in defect.of}
    made = {*FILE_DEFECTS, *(("measurement", name) for name in RAW_DEFECTS)}
    assert declared == made


def test_every_defect_that_a_probe_can_see_is_planted_by_a_contract(catalogue: Catalogue) -> None:
    used = {
        planted.defect
        for contract in catalogue.contracts.values()
        for falsifier in contract.falsifiers
        for planted in falsifier.planted
    }
    assert used == set(DEFECTS) - {defect.name for defect in SEEN_BY_NO_PROBE_YET}


def test_there_are_sixty_kinds_and_more_over_every_topic() -> None:
    assert len(DEFECTS) >= 60
    assert all(topic.DECLARED for topic in TOPICS)
    assert {kind for defect in DEFECTS.values() for kind in defect.of} >= {
        "apr",
        "gguf",
        "run",
        "measurement",
    }


def test_each_says_how_it_happens_and_each_function_what_it_does() -> None:
    made = {**FILE_DEFECTS, **{("measurement", name): make for name, make in RAW_DEFECTS.items()}}
    assert len({defect.description for defect in DEFECTS.values()}) == len(DEFECTS)
    assert [key for key, make in made.items() if not (make.__doc__ or "").strip()] == []


def test_what_nobody_makes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="nothing makes rope_layout of apr"):
        plant_in_file(planted("rope_layout", "apr"), tmp_path / "a", tmp_path / "b")
    with pytest.raises(ContractError, match="nothing makes nan_weight of a measurement"):
        plant_in_raw(planted("nan_weight", "measurement"), {})
