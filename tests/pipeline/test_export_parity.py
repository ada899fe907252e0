"""llama.cpp computes with an export what our decoder computes with the checkpoint, and with no other file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from shipworthy.checkpoint import open_checkpoint
from shipworthy.model import load_decoder
from shipworthy.pipeline import llama_cpp
from shipworthy.pipeline.base_model import base_model_path
from shipworthy.pipeline.compare import Comparison, compare_logits, join
from shipworthy.pipeline.export import export_gguf
from small_checkpoints import CONFIGS, random_weights, save_small
from tokenizer_cases import small_spec

FLOOR = 1e-11
"""Nats; random weights of this size measure 6e-13 or less."""


def compare(checkpoint: Path, gguf: Path, prompts: list[list[int]], log: Path) -> Comparison:
    device = torch.device("cpu")
    with open_checkpoint(checkpoint) as source:
        decoder = load_decoder(source, device=device)
    parts = []
    with torch.inference_mode(), llama_cpp.logits(gguf, prompts, log=log) as stream:
        for prompt, theirs in zip(prompts, stream, strict=True):
            ours = decoder(torch.tensor([prompt], dtype=torch.int64, device=device))[0]
            parts.append(compare_logits(ours.numpy(), theirs))
    return join(parts)


def random_prompts(count: int = 3, length: int = 64) -> list[list[int]]:
    tokens = len(small_spec().tokens)
    return np.random.default_rng(1).integers(0, tokens, (count, length)).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", CONFIGS)
def test_an_f32_export_is_the_checkpoint(name: str, tmp_path: Path) -> None:
    source, out = save_small(tmp_path / "a.apr", CONFIGS[name]), tmp_path / "a.gguf"
    export_gguf(source, out)
    found = compare(source, out, random_prompts(), tmp_path / "log")
    assert found.finite.all()
    assert found.kl.max() <= FLOOR
    assert (found.ours_argmax == found.theirs_argmax).all()
    assert found.top1_difference.max() <= 1e-6


@pytest.mark.parametrize(("dtype", "limit"), [("f16", 1e-6), ("bf16", 1e-4), ("q8_0", 1e-4)])
def test_other_dtypes_are_close_and_not_the_same(dtype: str, limit: float, tmp_path: Path) -> None:
    source, out = save_small(tmp_path / "a.apr", CONFIGS["llama"]), tmp_path / "a.gguf"
    export_gguf(source, out, dtype)
    found = compare(source, out, random_prompts(), tmp_path / "log")
    assert FLOOR < found.kl.max() <= limit


def zero_q(weights: dict[str, np.ndarray]) -> None:
    weights["model.layers.1.self_attn.q_proj.weight"][:] = 0


def one_weight(weights: dict[str, np.ndarray]) -> None:
    weights["model.layers.0.mlp.up_proj.weight"][5, 7] += 0.01


def halves_in_another_order(weights: dict[str, np.ndarray]) -> None:
    name = "model.layers.0.self_attn.k_proj.weight"
    weights[name] = weights[name][::-1].copy()


def one_bias(weights: dict[str, np.ndarray]) -> None:
    weights["model.layers.0.self_attn.k_proj.bias"][0] += 1.0


def one_head_norm(weights: dict[str, np.ndarray]) -> None:
    weights["model.layers.0.self_attn.q_norm.weight"][3] *= 1.5


DEFECTS: dict[str, tuple[str, Callable[[dict[str, np.ndarray]], None]]] = {
    "a projection of zeros": ("llama", zero_q),
    "one weight 0.01 off": ("llama", one_weight),
    "rows in another order": ("llama", halves_in_another_order),
    "one bias 1 off": ("qwen2", one_bias),
    "one element of a head's norm": ("qwen3", one_head_norm),
}


@pytest.mark.parametrize("case", DEFECTS)
def test_an_export_of_other_weights_is_seen(case: str, tmp_path: Path) -> None:
    name, damage = DEFECTS[case]
    source = save_small(tmp_path / "a.apr", CONFIGS[name])
    weights = random_weights(CONFIGS[name])
    damage(weights)
    export_gguf(save_small(tmp_path / "b.apr", CONFIGS[name], weights=weights), tmp_path / "b.gguf")
    found = compare(source, tmp_path / "b.gguf", random_prompts(), tmp_path / "log")
    assert found.kl.max() > 10 * FLOOR


def test_a_nan_in_the_export_is_not_finite_in_the_comparison(tmp_path: Path) -> None:
    weights = random_weights(CONFIGS["llama"])
    weights["model.layers.1.mlp.down_proj.weight"][0, 0] = np.nan
    source = save_small(tmp_path / "a.apr", CONFIGS["llama"])
    export_gguf(save_small(tmp_path / "b.apr", CONFIGS["llama"], weights=weights), tmp_path / "b.gguf")
    found = compare(source, tmp_path / "b.gguf", random_prompts(1), tmp_path / "log")
    assert not found.finite.any()


@pytest.mark.slow
def test_the_base_model_exported_is_the_base_model(tmp_path: Path) -> None:
    """Two prompts of 64 positions, one of code and one with control tokens; measured at 2.4e-10 nats."""
    path = base_model_path()
    report = export_gguf(path, tmp_path / "base.gguf")
    assert report.counts() == {"F32": 272}
    with open_checkpoint(path) as checkpoint:
        tokenizer = checkpoint.tokenizer()
    assert tokenizer is not None
    built = tokenizer.build()
    code = Path(torch.__file__).with_name("types.py").read_text(encoding="utf-8")
    chat = "<|im_start|>user\nÜber 12 Äpfel?<|im_end|>\n<|im_start|>assistant\n" * 8
    prompts = [built.encode(text).ids[:64] for text in (code, chat)]
    found = compare(path, tmp_path / "base.gguf", prompts, tmp_path / "log")
    assert found.kl.shape == (128,)
    assert found.kl.max() <= 1e-8
    assert (found.ours_argmax == found.theirs_argmax).all()
    assert found.top1_difference.max() <= 1e-3
