"""The steps that run on every device run on torch's meta device, which refuses to mix with any other.

It shows that no tensor of a step is made on the CPU by default and that every shape fits; it does not show
what a CUDA kernel computes, how fast, or in which order (docs/cuda.md).
"""

from __future__ import annotations

import torch

from shipworthy.architecture import ArchitectureConfig
from shipworthy.model import Decoder, decode_step, make_optimizer, training_step, validation_loss

META = torch.device("meta")


def test_training_step(config: ArchitectureConfig) -> None:
    decoder = Decoder(config, device=META)
    optimizer = make_optimizer(decoder, learning_rate=1e-3, weight_decay=0.1, kernel="foreach")
    window = torch.zeros(3, 17, device=META, dtype=torch.int64)
    for _ in range(2):
        loss, norm = training_step(
            decoder, optimizer, window, learning_rate=1e-3, gradient_clip=1.0, compute=torch.float32
        )
    state = [value for held in optimizer.state.values() for name, value in held.items() if name != "step"]
    assert loss.shape == norm.shape == ()
    assert len(state) == 2 * len(list(decoder.parameters()))
    assert {tensor.device for tensor in (loss, norm, *state)} == {META}


def test_validation_loss(config: ArchitectureConfig) -> None:
    window = torch.zeros(3, 17, device=META, dtype=torch.int64)
    loss = validation_loss(Decoder(config, device=META), window, torch.float32)
    assert loss.device == META


def test_decode_step(config: ArchitectureConfig) -> None:
    decoder = Decoder(config, device=META)
    cache = decoder.new_cache(2, 12)
    for length in (5, 1, 4, 1):
        logits = decode_step(decoder, torch.zeros(2, length, device=META, dtype=torch.int64), cache)
        assert (logits.shape, logits.device) == ((2, config.vocab_size), META)
    assert (cache.length, cache.keys.device, cache.values.device) == (11, META, META)
