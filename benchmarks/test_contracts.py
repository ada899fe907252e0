"""A thousand contracts: compiled cold and warm, and their gates collected beside modules written by hand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import load_catalogue, write_gates

COUNT = 1_000
CONTRACTS = Path(__file__).parents[1] / "contracts"
BY_HAND = '''\
"""A check that a person wrote."""


def test_check_{number}(gate):
    measurement = gate.measure("checkpoint_metadata@1", fields=["architecture"])
    gate.expect(measurement, {{"missing": {{"maxItems": 0}}}})
'''


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """contracts/ with our own measuring contracts over and over under other ids, and gates/ beside it."""
    folder = tmp_path_factory.mktemp("many")
    root = folder / "contracts"
    for name in ("data", "hosts", "models"):
        shutil.copytree(CONTRACTS / name, root / name)
    measuring = [c for c in load_catalogue(CONTRACTS).contracts.values() if c.compiles and not c.all_of]
    for number in range(COUNT):
        text = measuring[number % len(measuring)].document.data.decode()
        text = re.sub(r"^id: \S+", f"id: MANY-{number}", text)
        text = re.sub(r"- id: FALSIFY-(\S+)", rf"- id: FALSIFY-\1-{number}", text)
        (root / f"many-{number}.yaml").write_text(text)
    write_gates(load_catalogue(root), folder / "gates")
    return folder


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A thousand modules of one test each, as a person would write the smallest gate."""
    folder = tmp_path_factory.mktemp("hand")
    for number in range(COUNT):
        (folder / f"test_check_{number}.py").write_text(BY_HAND.format(number=number))
    return folder


def _compile(directory: Path) -> None:
    """The verb as a user runs it, interpreter and imports included."""
    subprocess.run(
        [sys.executable, "-m", "shipworthy.cli", "compile"],
        cwd=directory,
        env={**os.environ, "SHIPWORTHY_CACHE": str(directory / "cache")},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _forget(directory: Path) -> None:
    for name in ("gates", "cache"):
        shutil.rmtree(directory / name, ignore_errors=True)


def test_compile_cold(side_by_side: Any, directory: Path) -> None:
    def cold() -> None:
        _forget(directory)

    side_by_side(
        "compile 1,000 contracts, nothing remembered, every gate written",
        "ours",
        lambda: _compile(directory),
        setup=cold,
        rounds=5,
    )


def test_compile_warm(side_by_side: Any, directory: Path) -> None:
    _compile(directory)
    side_by_side("compile 1,000 contracts again", "ours", lambda: _compile(directory), rounds=10)


def test_compile_one_changed(side_by_side: Any, directory: Path) -> None:
    _compile(directory)
    contract = directory / "contracts" / "many-7.yaml"

    def change() -> None:
        contract.write_text(contract.read_text() + "# changed\n")

    side_by_side(
        "compile 1,000 contracts, one of them changed",
        "ours",
        lambda: _compile(directory),
        setup=change,
        rounds=5,
    )


def _collect(folder: Path) -> None:
    argv = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-c", os.devnull]
    argv += ["--rootdir", str(folder), "-p", "no:cacheprovider", str(folder)]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def test_collect(in_turns: Any, directory: Path, by_hand: Path) -> None:
    _compile(directory)
    in_turns(
        "collect 1,000 gates, beside modules written by hand",
        lambda: _collect(directory / "gates"),
        lambda: _collect(by_hand),
        rounds=9,
    )
