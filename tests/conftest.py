"""Settings and small good checkpoints for every test; examples of hypothesis are not timed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from command import Here, run_here
from shipworthy.contract import Catalogue, Contract, load_catalogue

settings.register_profile("shipworthy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shipworthy")

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The contracts of this repository."""
    return load_catalogue(REPOSITORY / "contracts")


@pytest.fixture
def c03(catalogue: Catalogue) -> Contract:
    """The contract of C-03, which has one falsifier."""
    return catalogue.contracts["C-03"]


@pytest.fixture(scope="session")
def fixture_llama(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good small llama as `.apr`; tests read it and never write to it."""
    return _fixture(catalogue, "fixture-llama", tmp_path_factory)


@pytest.fixture(scope="session")
def fixture_qwen2(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good small qwen2 as `.apr`; it has more embedding rows than tokens."""
    return _fixture(catalogue, "fixture-qwen2", tmp_path_factory)


@pytest.fixture(scope="session")
def fixture_gguf(fixture_llama: Path) -> Path:
    """The good F32 export of the small llama."""
    from shipworthy.pipeline.export import export_gguf

    path = fixture_llama.with_suffix(".gguf")
    export_gguf(fixture_llama, path, "f32")
    return path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command in this process."""
    return partial(run_here, monkeypatch, capsys)


def _fixture(catalogue: Catalogue, name: str, factory: pytest.TempPathFactory) -> Path:
    from shipworthy.gate.fixtures import write_fixture

    path = factory.mktemp("fixture") / f"{name}.apr"
    write_fixture(catalogue, name, path)
    return path
