"""The decode engine says what the decoder says, for every family, dtype and batch; also as a graph would."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch

from shipworthy.architecture import ArchitectureConfig
from shipworthy.errors import UsageError
from shipworthy.model import DecodeEngine, Decoder, prefill_logits

Make = Callable[[ArchitectureConfig], Decoder]


def engine_of(decoder: Decoder, batch: int = 3, positions: int = 40) -> DecodeEngine:
    return DecodeEngine(copy.deepcopy(decoder), batch=batch, positions=positions)


def test_prefill_and_steps_are_the_decoders(decoder: Decoder, tokens: torch.Tensor) -> None:
    expected = prefill_logits(decoder, tokens)
    engine = engine_of(decoder)
    found = [engine.prefill(tokens[:, :20])] + [engine.step(tokens[:, at]) for at in range(20, 40)]
    assert engine.length == 40
    torch.testing.assert_close(torch.stack(found, dim=1), expected[:, 19:], rtol=1e-5, atol=1e-5)


def test_a_step_of_fixed_shape_is_the_same_step(decoder: Decoder, tokens: torch.Tensor) -> None:
    """What a CUDA graph is captured from, run here without one."""
    engine, fixed = engine_of(decoder), engine_of(decoder)
    with torch.inference_mode():
        for at in range(12):
            place = torch.tensor([at], device="cpu")
            found = fixed.fixed_step(tokens[:, at], place)
            torch.testing.assert_close(found, engine.step(tokens[:, at]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("batch", [1, 2, 8])
def test_every_dtype_and_batch(
    config: ArchitectureConfig, make_decoder: Make, dtype: torch.dtype, batch: int
) -> None:
    decoder = make_decoder(config).to(dtype)
    draws = torch.Generator(device="cpu").manual_seed(2)
    tokens = torch.randint(config.vocab_size, (batch, 12), generator=draws, device="cpu")
    expected = prefill_logits(decoder, tokens).float()
    engine = engine_of(decoder, batch, 12)
    found = [engine.prefill(tokens[:, :5])] + [engine.step(tokens[:, at]) for at in range(5, 12)]
    tolerance = {torch.float32: 1e-5, torch.bfloat16: 8e-2, torch.float16: 1e-2}[dtype]
    spread = float(expected.abs().max())
    assert float((torch.stack(found, dim=1) - expected[:, 4:]).abs().max()) <= tolerance * spread


def test_a_second_prefill_forgets_the_first(decoder: Decoder, tokens: torch.Tensor) -> None:
    engine = engine_of(decoder)
    first = engine.prefill(tokens[:, :30]).clone()
    engine.step(tokens[:, 30])
    assert torch.equal(engine.prefill(tokens[:, :30]), first)


def test_a_full_cache_refuses_and_stays(decoder: Decoder, tokens: torch.Tensor) -> None:
    engine = engine_of(decoder, positions=10)
    engine.prefill(tokens[:, :10])
    with pytest.raises(UsageError, match="the key/value cache holds 10 positions, 10 are used, 1 more"):
        engine.step(tokens[:, 0])
    assert engine.length == 10
    with pytest.raises(UsageError, match="11 more are asked for"):
        engine.prefill(tokens[:, :11])


@pytest.mark.parametrize(("batch", "positions"), [(0, 8), (1, 0), (1, 1 << 20)])
def test_a_cache_that_cannot_be_is_refused(decoder: Decoder, batch: int, positions: int) -> None:
    with pytest.raises(UsageError) as caught:
        engine_of(decoder, batch, positions)
    assert caught.value.code == "context-exceeded"


def test_the_weights_are_held_once_and_counted(decoder: Decoder) -> None:
    config = decoder.config
    parameters = sum(p.numel() for p in decoder.parameters())
    engine = DecodeEngine(decoder, batch=2, positions=8)
    assert {parameter.device.type for parameter in decoder.parameters()} == {"meta"}
    assert {tensor.device.type for tensor in engine.tensors()} == {"cpu"}
    # Norms of heads are kept a row for each head, biases and untied embeddings are no matrix of a step.
    matrices = sum(
        rows * columns
        for name, (rows, *rest) in config.tensor_shapes().items()
        for columns in rest
        if "embed_tokens" not in name or config.tied_embeddings
    )
    norms = (2 * config.num_layers + 1) * config.hidden_size
    assert engine.weight_bytes() == 4 * (matrices + norms + 2 * config.hidden_size)
    assert matrices + norms <= parameters


def test_on_meta_a_step_has_the_shape_of_logits(config: ArchitectureConfig) -> None:
    """Nothing of a step is pinned to the CPU: the step of fixed shape is what CUDA captures."""
    meta = torch.device("meta")
    engine = DecodeEngine(Decoder(config, device=meta), batch=2, positions=8)
    tokens = torch.zeros(2, 5, device=meta, dtype=torch.int64)
    with torch.inference_mode():
        place = torch.zeros(1, device=meta, dtype=torch.int64)
        found = [engine.prefill(tokens), engine.step(tokens[:, 0]), engine.fixed_step(tokens[:, 0], place)]
    assert {(logits.device.type, tuple(logits.shape)) for logits in found} == {
        ("meta", (2, config.vocab_size))
    }
