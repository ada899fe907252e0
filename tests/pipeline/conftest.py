"""A small random model with the base model's tokenizer, as a checkpoint, and a small corpus of real text."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.checkpoint.tokenizer import TokenizerSpec
from shipworthy.model import Decoder
from shipworthy.pipeline.base_model import base_model_path
from single_thread import one_thread as one_thread

SMALL = ArchitectureConfig("llama", 64, 2, 4, 2, 16, 96, 49152, 256, 1e4, 1e-5, True, False)


@pytest.fixture(scope="session")
def tokenizer() -> TokenizerSpec:
    with open_checkpoint(base_model_path()) as checkpoint:
        found = checkpoint.tokenizer()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def small_decoder() -> Decoder:
    decoder = Decoder(SMALL, device=torch.device("cpu"))
    draws = torch.Generator(device="cpu").manual_seed(0)
    with torch.no_grad():
        for name, parameter in decoder.named_parameters():
            parameter.normal_(1.0 if "norm" in name else 0.0, 0.05, generator=draws)
    return decoder


@pytest.fixture(scope="session")
def small_apr(
    tmp_path_factory: pytest.TempPathFactory, small_decoder: Decoder, tokenizer: TokenizerSpec
) -> Path:
    path = tmp_path_factory.mktemp("small") / "small.apr"
    arrays = {name: tensor.numpy() for name, tensor in small_decoder.state_dict().items()}
    tensors = {name: TensorSource("F32", array.shape, array.copy) for name, array in arrays.items()}
    metadata = {**SMALL.to_metadata(), "license": "apache-2.0"}
    write_apr(path, metadata=metadata, tensors=tensors, tokenizer=tokenizer)
    return path


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project's own sources: some on each side of an even split."""
    root = tmp_path_factory.mktemp("corpus") / "sources"
    root.mkdir()
    package = Path(__file__).parents[2] / "src" / "shipworthy"
    for folder in ("architecture", "model"):
        for path in sorted((package / folder).glob("*.py")):
            (root / path.name).write_bytes(path.read_bytes())
    return root
