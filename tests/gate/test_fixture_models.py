"""The fixtures on which defects are planted: the same seed gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shipworthy.canonical import sha256_file
from shipworthy.checkpoint import open_checkpoint
from shipworthy.contract import Catalogue
from shipworthy.gate.fixtures import fixture_config, write_fixture
from shipworthy.gate.trial import differences


@pytest.mark.parametrize("name", ["fixture-llama", "fixture-qwen2"])
def test_a_fixture_is_the_model_of_its_registration(catalogue: Catalogue, tmp_path: Path, name: str) -> None:
    registration = catalogue.registrations[name]
    path = tmp_path / "model.apr"
    digest = write_fixture(catalogue, name, path)
    assert digest == sha256_file(path)
    assert differences(path, registration) == ()
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.config() == fixture_config(registration)
        assert checkpoint.tokenizer() is not None
        for tensor in checkpoint.tensors:
            values = checkpoint.read(tensor)
            assert len(np.unique(values)) == values.size or values.size > 1000


def test_the_seed_decides_the_bytes(catalogue: Catalogue, tmp_path: Path) -> None:
    digests = [write_fixture(catalogue, "fixture-llama", tmp_path / f"{s}.apr", seed=s) for s in (0, 1)]
    again = write_fixture(catalogue, "fixture-llama", tmp_path / "again.apr")
    assert again == digests[0] != digests[1]
