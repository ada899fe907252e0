"""Defects of a training run: each copy of a real small run differs in what the defect says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipworthy.canonical import sha256_file, strict_loads
from shipworthy.contract import Catalogue, Planted
from shipworthy.gate.fixtures import train_fixture
from shipworthy.gate.planted import FILE_DEFECTS, plant_in_file

Run = dict[str, Any]
Steps = list[dict[str, Any]]


@pytest.fixture(scope="module")
def run(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_fixture(catalogue, tmp_path_factory.mktemp("runs"))


def records(directory: Path) -> tuple[Run, Steps]:
    lines = (directory / "steps.jsonl").read_text().splitlines()
    return strict_loads((directory / "run.json").read_bytes()), [json.loads(line) for line in lines]


def losses(steps: Steps) -> list[float]:
    return [line["loss"] for line in steps]


DOES: dict[str, Callable[[Run, Steps, Run, Steps], bool]] = {
    "loss_not_finite": lambda _r, good, _b, bad: (
        losses(bad)[:2] == losses(good)[:2] and all(value != value for value in losses(bad)[2:])
    ),
    "loss_placeholder": lambda _r, _s, bad, _: (
        {(epoch["training_loss"], epoch["validation_loss"]) for epoch in bad["epochs"]} == {(1.0, 1.0)}
    ),
    "loss_constant": lambda _r, good, _b, bad: losses(bad) == [losses(good)[0]] * len(good),
    "steps_missing": lambda _r, good, bad, steps: len(steps) == len(good) // 2 and bad["steps"] == len(good),
    "step_repeated": lambda _r, good, _b, bad: bad == [good[0], *good],
    "schedule_ignored": lambda _r, _s, _b, bad: len({line["lr"] for line in bad}) == 1,
    "checkpoint_of_another_run": lambda good, _s, bad, _: (
        bad["checkpoints"][-1]["sha256"] != good["checkpoints"][-1]["sha256"]
    ),
    "seed_changed": lambda good, _s, bad, _: (
        bad["recipe"]["train"]["seed"] == good["recipe"]["train"]["seed"] + 1
    ),
    "device_fell_back": lambda _r, _s, bad, _: (
        (bad["recipe"]["device"], bad["device"]["type"]) == ("cuda", "cpu")
    ),
    "run_unfinished": lambda _r, _s, bad, _: bad["complete"] is False,
}


def test_every_defect_of_a_run_is_tried_here() -> None:
    assert set(DOES) == {name for of, name in FILE_DEFECTS if of == "run"}


@pytest.mark.parametrize("name", DOES)
def test_a_defect_of_a_run_does_what_it_says_to_a_copy(run: Path, tmp_path: Path, name: str) -> None:
    before = {path.name: sha256_file(path) for path in run.iterdir()}
    plant_in_file(Planted(name, "run", "any", None, {}), run, tmp_path / "bad")
    assert {path.name: sha256_file(path) for path in run.iterdir()} == before
    bad, steps = records(tmp_path / "bad")
    assert (bad, steps) != records(run)
    assert DOES[name](*records(run), bad, steps)
    assert sha256_file(tmp_path / "bad" / "steps.jsonl") == bad["files"]["steps.jsonl"]


def test_the_good_run_is_a_real_one(run: Path) -> None:
    record, steps = records(run)
    assert record["complete"] is True
    assert len(steps) == record["steps"] == 4
    assert len({*losses(steps)}) == 4
    assert len({line["lr"] for line in steps}) > 1
