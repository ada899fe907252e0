"""Small random decoders of every family."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from shipworthy.architecture import ArchitectureConfig
from shipworthy.model import Decoder
from single_thread import one_thread as one_thread
from small_decoders import CONFIGS


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def config(request: pytest.FixtureRequest) -> ArchitectureConfig:
    return request.param


@pytest.fixture
def make_decoder() -> Callable[[ArchitectureConfig], Decoder]:
    """Fills every parameter, norms and biases included, so that no part can be left out unseen."""

    def make(config: ArchitectureConfig) -> Decoder:
        decoder = Decoder(config, device=torch.device("cpu"))
        draws = torch.Generator(device="cpu").manual_seed(0)
        with torch.no_grad():
            for name, parameter in decoder.named_parameters():
                parameter.normal_(1.0 if "norm" in name else 0.0, 0.1, generator=draws)
        return decoder

    return make


@pytest.fixture
def decoder(config: ArchitectureConfig, make_decoder: Callable[[ArchitectureConfig], Decoder]) -> Decoder:
    return make_decoder(config)


@pytest.fixture
def tokens(config: ArchitectureConfig) -> torch.Tensor:
    """[3, 40] random ids."""
    draws = torch.Generator(device="cpu").manual_seed(1)
    return torch.randint(config.vocab_size, (3, 40), generator=draws, device="cpu")
