"""Greedy decoding of 32 tokens on the CPU: our torch engine beside Hugging Face `generate`.

Floor of a step at few rows: the bytes of the weights over the bandwidth that one read of memory reaches,
which is measured in the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from shipworthy.checkpoint import open_checkpoint
from shipworthy.model import DecodeEngine, load_decoder

_TOKENS = 32
_PROMPT = [1, 100, 200, 300, 400, 500, 600, 700]
_CPU = torch.device("cpu")
_DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16}


def _engine(path: Path, dtype: str, batch: int) -> Callable[[], torch.Tensor]:
    with open_checkpoint(path) as checkpoint:
        decoder = load_decoder(checkpoint, device=_CPU, dtype=_DTYPES[dtype])
    engine = DecodeEngine(decoder, batch=batch, positions=len(_PROMPT) + _TOKENS)
    prompt = torch.tensor([_PROMPT] * batch, device=_CPU)

    @torch.inference_mode()
    def decode() -> torch.Tensor:
        tokens = engine.prefill(prompt).argmax(dim=-1)
        for _ in range(_TOKENS - 1):
            tokens = engine.step(tokens).argmax(dim=-1)
        return tokens

    return decode


def _hugging_face(path: Path, dtype: str, batch: int) -> Callable[[], torch.Tensor]:
    from transformers import LlamaConfig, LlamaForCausalLM

    with open_checkpoint(path) as checkpoint:
        decoder = load_decoder(checkpoint, device=_CPU, dtype=_DTYPES[dtype])
    config = decoder.config
    model = LlamaForCausalLM(
        LlamaConfig(
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            num_key_value_heads=config.num_kv_heads,
            intermediate_size=config.intermediate_size,
            vocab_size=config.vocab_size,
            max_position_embeddings=config.max_position_embeddings,
            rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
            rms_norm_eps=config.rms_norm_eps,
            tie_word_embeddings=True,
        )
    ).to(_DTYPES[dtype])
    model.load_state_dict(decoder.state_dict(), strict=False)
    model.tie_weights()
    model.eval()
    tokens = torch.tensor([_PROMPT] * batch, device=_CPU)

    @torch.inference_mode()
    def generate() -> torch.Tensor:
        found: torch.Tensor = model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=_TOKENS,
            min_new_tokens=_TOKENS,
            do_sample=False,
            pad_token_id=0,
        )
        return found

    return generate


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("dtype", _DTYPES)
def test_torch_engine_beside_generate(in_turns: Any, base_apr: Path, dtype: str, batch: int) -> None:
    ours, peer = _engine(base_apr, dtype, batch), _hugging_face(base_apr, dtype, batch)
    if dtype == "F32":
        assert torch.equal(ours(), peer()[:, -1])
    in_turns(f"decode 32 tokens, torch, {dtype}, batch {batch}, beside generate", ours, peer, rounds=5)


def test_read_bandwidth(benchmark: Any) -> None:
    """One read of 1 GB of float32, as a sum."""
    numbers = torch.ones(1 << 28, device=_CPU)
    numbers.sum()
    benchmark.group = "read 1 GB"
    benchmark.pedantic(numbers.sum, rounds=7)
    benchmark.extra_info["gigabytes_per_second"] = 4 * numbers.numel() / benchmark.stats.stats.min / 1e9
