"""What a falsifier reads beside the subject: what is attached, else an export in the dtype that it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shipworthy.checkpoint import open_checkpoint
from shipworthy.contract import Catalogue, Falsifier
from shipworthy.gate.artifacts import attached_as, provide
from shipworthy.gate.trial import Trial, make_trial


@pytest.fixture
def trial(catalogue: Catalogue, fixture_llama: Path, tmp_path: Path) -> Trial:
    return make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)


def reads(catalogue: Catalogue, dtype: str | None) -> Falsifier:
    falsifier = catalogue.contracts["P0-Q4K"].falsifiers[0]
    return replace(falsifier, parameters={} if dtype is None else {"export": dtype})


@pytest.mark.parametrize(
    ("dtype", "stored"), [(None, "F32"), ("f32", "F32"), ("f16", "F16"), ("q8_0", "Q8_0"), ("q6_k", "Q8_0")]
)
def test_an_export_that_nobody_attached_is_made_in_the_dtype_named(
    dtype: str | None, stored: str, trial: Trial, catalogue: Catalogue
) -> None:
    path = provide(trial, reads(catalogue, dtype), "gguf")
    assert path is not None
    with open_checkpoint(path) as export:
        assert export.tensors["model.layers.1.mlp.up_proj.weight"].dtype == stored
    assert provide(trial, reads(catalogue, dtype), "gguf") == path


def test_what_is_attached_serves_those_who_name_its_dtype(trial: Trial, catalogue: Catalogue) -> None:
    mine = {"gguf": Path("mine.gguf"), "gguf:q8_0": Path("mine-q8_0.gguf")}
    attached = replace(trial, artifacts=mine)
    for dtype, path in ((None, "mine.gguf"), ("f32", "mine.gguf"), ("q8_0", "mine-q8_0.gguf")):
        assert provide(attached, reads(catalogue, dtype), "gguf") == Path(path)
    made = provide(attached, reads(catalogue, "f16"), "gguf")
    assert made is not None
    assert made.parent.parent == trial.workdir


def test_what_cannot_be_made_is_attached_or_absent(trial: Trial, catalogue: Catalogue) -> None:
    assert provide(trial, reads(catalogue, "q8_0"), "baseline") is None
    assert attached_as(reads(catalogue, "q8_0"), "baseline") == "baseline"
