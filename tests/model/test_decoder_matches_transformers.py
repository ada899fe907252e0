"""Our logits are those of Hugging Face transformers, to float32 rounding."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from shipworthy.architecture import FAMILIES, ArchitectureConfig
from shipworthy.checkpoint import open_checkpoint
from shipworthy.model import Decoder, decode_step, load_decoder, prefill_logits
from shipworthy.pipeline.base_model import base_model_path


def in_transformers(decoder: Decoder) -> Any:
    """The same weights in transformers' implementation."""
    import transformers

    config = decoder.config
    hf_class = FAMILIES[config.architecture].hf_class
    hf_config = getattr(transformers, hf_class.replace("ForCausalLM", "Config"))(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.num_layers,
        num_attention_heads=config.num_heads,
        num_key_value_heads=config.num_kv_heads,
        max_position_embeddings=config.max_position_embeddings,
        rms_norm_eps=config.rms_norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": config.rope_theta},
        tie_word_embeddings=config.tied_embeddings,
        bos_token_id=None,
        eos_token_id=None,
    )
    if not hf_class.startswith("Qwen2"):
        hf_config.head_dim = config.head_dim
    model = getattr(transformers, hf_class)(hf_config)
    loaded = model.load_state_dict(decoder.state_dict(), strict=False)
    assert not loaded.unexpected_keys
    assert set(loaded.missing_keys) <= {"lm_head.weight"}
    return model.eval()


def test_small_random_model(decoder: Decoder, tokens: torch.Tensor) -> None:
    with torch.inference_mode():
        expected = in_transformers(decoder)(tokens).logits
    torch.testing.assert_close(prefill_logits(decoder, tokens), expected, rtol=1e-6, atol=1e-5)


def test_gradients_of_a_small_random_model(decoder: Decoder, tokens: torch.Tensor) -> None:
    reference = in_transformers(decoder)
    decoder(tokens).square().mean().backward()
    reference(tokens).logits.square().mean().backward()
    gradients = {name: parameter.grad for name, parameter in reference.named_parameters()}
    for name, parameter in decoder.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_base_model() -> None:
    with open_checkpoint(base_model_path()) as checkpoint:
        decoder = load_decoder(checkpoint, device=torch.device("cpu"))
        tokenizer = checkpoint.tokenizer()
    assert tokenizer is not None
    text = (
        "def greet(name):\n    return f'hello {name}'\n\n<|im_start|>user\nΓειά σου κόσμε 🌍<|im_end|>\n" * 8
    )
    tokens = torch.tensor([tokenizer.build().encode(text).ids], device="cpu")
    with torch.inference_mode():
        expected = in_transformers(decoder)(tokens).logits
    torch.testing.assert_close(prefill_logits(decoder, tokens), expected, rtol=1e-6, atol=1e-5)
    cache = decoder.new_cache(1, tokens.shape[1])
    decode_step(decoder, tokens[:, :-1], cache)
    last = decode_step(decoder, tokens[:, -1:], cache)
    torch.testing.assert_close(last, expected[:, -1], rtol=1e-5, atol=1e-3)


def test_head_size_may_differ_from_the_quotient() -> None:
    config = ArchitectureConfig("llama", 40, 2, 4, 2, 16, 64, 50, 64, 1e4, 1e-5, False, False)
    decoder = Decoder(config, device=torch.device("cpu"))
    tokens = torch.arange(30, device="cpu")[None]
    reference = in_transformers(decoder)
    with torch.inference_mode():
        expected = reference(tokens).logits
    torch.testing.assert_close(prefill_logits(decoder, tokens), expected, rtol=1e-6, atol=1e-5)
