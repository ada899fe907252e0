"""Greedy decoding of 64 tokens at batch 1 on the CPU in F32: our decoder beside Hugging Face `generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from shipworthy.checkpoint import open_checkpoint
from shipworthy.model import Decoder, decode_step, load_decoder

_TOKENS = 64
_PROMPT = [1, 100, 200, 300, 400, 500, 600, 700]
_CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def decoder(base_apr: Path) -> Decoder:
    with open_checkpoint(base_apr) as checkpoint:
        return load_decoder(checkpoint, device=_CPU, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def hugging_face(decoder: Decoder) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

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
            rope_theta=config.rope_theta,
            rms_norm_eps=config.rms_norm_eps,
            tie_word_embeddings=True,
        )
    )
    model.load_state_dict(decoder.state_dict(), strict=False)
    model.tie_weights()
    return model.eval()


def test_our_decoder(side_by_side: Any, decoder: Decoder) -> None:
    cache = decoder.new_cache(1, len(_PROMPT) + _TOKENS)

    @torch.inference_mode()
    def decode() -> int:
        cache.reset()
        tokens = torch.tensor([_PROMPT], device=_CPU)
        for _ in range(_TOKENS):
            tokens = decode_step(decoder, tokens, cache).argmax(dim=-1, keepdim=True)
        return int(tokens)

    side_by_side("decode 64 tokens, F32, batch 1", "ours", decode, rounds=5)


def test_generate(side_by_side: Any, hugging_face: Any) -> None:
    tokens = torch.tensor([_PROMPT], device=_CPU)

    @torch.inference_mode()
    def generate() -> Any:
        return hugging_face.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=_TOKENS,
            min_new_tokens=_TOKENS,
            do_sample=False,
            pad_token_id=0,
        )

    assert side_by_side("decode 64 tokens, F32, batch 1", "peer", generate, rounds=5).shape[1] == 72
