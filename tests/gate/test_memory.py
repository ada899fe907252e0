"""What a model needs is reckoned before anything is made, and what does not fit is UNMEASURABLE."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from shipworthy.contract import Catalogue, Contract, Falsifier, Outcome, Reason
from shipworthy.gate import memory
from shipworthy.gate.engine import run_falsifier
from shipworthy.gate.trial import make_trial

NEEDED = 138_048 * 4 + 2 * (64_000 + 64) * 4 + 3 * 64 * 1000 * 4
"""Weights in llama.cpp, the embedding and the last norm in float32 and in float64, logits of 64 positions."""


@pytest.fixture
def parity(catalogue: Catalogue) -> Contract:
    return catalogue.contracts["AC-SHIP2-009"]


def limited(contract: Contract, limit: int | None) -> Falsifier:
    falsifier = contract.falsifiers[0]
    return replace(falsifier, limits=replace(falsifier.limits, memory_bytes=limit))


def test_it_is_weights_token_matrices_and_logits(parity: Contract, fixture_llama: Path) -> None:
    assert memory.parity_bytes(fixture_llama, parity.falsifiers[0].parameters) == NEEDED


@pytest.mark.parametrize(("limit", "fits"), [(NEEDED, True), (NEEDED - 1, False), (None, True)])
def test_the_limit_decides(parity: Contract, fixture_llama: Path, limit: int | None, fits: bool) -> None:
    said = memory.too_large(fixture_llama, limited(parity, limit))
    assert (said == "") == fits
    if not fits:
        assert said == f"it needs about {NEEDED} bytes of memory, its limit is {limit}; nothing was started"


def test_a_machine_that_is_too_small_is_named(
    parity: Contract, fixture_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = psutil.virtual_memory()._replace(total=NEEDED - 1)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: total)
    said = memory.too_large(fixture_llama, limited(parity, NEEDED))
    assert f"this machine has {NEEDED - 1}" in said


def test_other_probes_and_files_that_state_no_sizes_are_left_to_the_measurement(
    catalogue: Catalogue, parity: Contract, fixture_llama: Path, tmp_path: Path
) -> None:
    (c03,) = catalogue.contracts["C-03"].falsifiers
    limits = replace(c03.limits, memory_bytes=1)
    assert memory.too_large(fixture_llama, replace(c03, limits=limits)) == ""
    broken = tmp_path / "broken.apr"
    broken.write_bytes(b"no checkpoint")
    assert memory.too_large(broken, limited(parity, 1)) == ""


def test_nothing_is_exported_of_what_does_not_fit(
    catalogue: Catalogue, parity: Contract, fixture_llama: Path, tmp_path: Path
) -> None:
    trial = make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)
    result = run_falsifier(trial, parity, limited(parity, 1000))
    assert (result.outcome, result.reason) == (Outcome.UNMEASURABLE, Reason.MISSING_HARDWARE)
    assert "nothing was started" in result.detail
    assert list(tmp_path.rglob("*.gguf")) == []
