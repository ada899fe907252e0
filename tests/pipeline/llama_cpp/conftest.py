"""Small models as GGUF, and a log to go with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.pipeline.export import export_gguf
from small_checkpoints import CONFIGS, save_small


@pytest.fixture(scope="session")
def small_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A llama of two layers, exported as F32."""
    directory = tmp_path_factory.mktemp("small")
    export_gguf(save_small(directory / "small.apr", CONFIGS["llama"]), directory / "small.gguf")
    return directory / "small.gguf"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "llama_cpp.log"
