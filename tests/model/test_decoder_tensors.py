"""A decoder's tensors are exactly those of its configuration, under Hugging Face names."""

from __future__ import annotations

import torch

from shipworthy.architecture import ArchitectureConfig
from shipworthy.model import Decoder


def test_state_dict_is_the_configurations_tensors(decoder: Decoder, config: ArchitectureConfig) -> None:
    shapes = {name: tuple(tensor.shape) for name, tensor in decoder.state_dict().items()}
    assert shapes == config.tensor_shapes()


def test_parameter_count_is_the_configurations(decoder: Decoder, config: ArchitectureConfig) -> None:
    assert sum(parameter.numel() for parameter in decoder.parameters()) == config.param_count()


def test_every_parameter_reaches_the_logits(decoder: Decoder, tokens: torch.Tensor) -> None:
    decoder(tokens).square().sum().backward()
    unused = [name for name, p in decoder.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert unused == []
