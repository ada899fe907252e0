"""Greedy decoding on the CPU beside Hugging Face `generate` with its best cache: our default, and our torch.

Floor of a step at few rows: the bytes of the weights over the bandwidth at which memory is read, measured in
the same run. Each row says which fraction of it each side reached, by the bytes that this side holds: in BF16
a processor without instructions for it has ours in F32, the peer's in BF16. A decode of n tokens counts as n
reads, the first of them the prompt's: that one computes more than it reads, so a fraction here is lower than
the one of `shipworthy bench`, which begins behind the first token.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch

from shipworthy.checkpoint import open_checkpoint
from shipworthy.model import DecodeEngine, load_decoder
from shipworthy.pipeline.bandwidth import read_bandwidth
from shipworthy.pipeline.engines import LLAMA_CPP, open_engine

_PROMPT = [1, 100, 200, 300, 400, 500, 600, 700]
_CPU = torch.device("cpu")
_DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16}
# By dtype and batch, tokens and turns; without instructions for BF16 the peer is slow at batch 8.
_TORCH_ROWS = {("F32", 1): (32, 5), ("F32", 8): (32, 5), ("BF16", 1): (32, 5), ("BF16", 8): (8, 5)}
_DEFAULT_ROWS = {"F32": (32, 5), "BF16": (32, 5)}


def _engine(path: Path, dtype: str, batch: int, count: int) -> tuple[Callable[[], torch.Tensor], int]:
    """A greedy decode of `count` tokens by our torch engine, and the bytes of weights that a step reads."""
    with open_checkpoint(path) as checkpoint:
        decoder = load_decoder(checkpoint, device=_CPU, dtype=_DTYPES[dtype])
    engine = DecodeEngine(decoder, batch=batch, positions=len(_PROMPT) + count)
    prompt = torch.tensor([_PROMPT] * batch, device=_CPU)

    @torch.inference_mode()
    def decode() -> torch.Tensor:
        tokens = engine.prefill(prompt).argmax(dim=-1)
        for _ in range(count - 1):
            tokens = engine.step(tokens).argmax(dim=-1)
        return tokens

    return decode, engine.weight_bytes()


@contextmanager
def _llama_cpp(path: Path, dtype: str, count: int) -> Iterator[tuple[Callable[[], float], int]]:
    """The same by our default engine, which times itself: its child and the model's loading are not in it."""
    with open_engine(path, engine=LLAMA_CPP, dtype=dtype.lower()) as opened:

        def decode() -> float:
            (sample,) = opened.engine.samples(_PROMPT, count, 1, warm_up=4)
            return float(sample["seconds"])

        yield decode, opened.engine.places()["bytes_per_token"]


def _hugging_face(
    path: Path, dtype: str, batch: int, count: int
) -> tuple[Callable[[str | None], torch.Tensor], int]:
    """The same by `generate`, given a cache, and the bytes of its parameters."""
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
    def generate(cache: str | None) -> torch.Tensor:
        found: torch.Tensor = model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=count,
            min_new_tokens=count,
            do_sample=False,
            pad_token_id=0,
            cache_implementation=cache,
        )
        return found

    return generate, sum(p.numel() * p.element_size() for p in model.parameters())


def _best_cache(generate: Callable[[str | None], torch.Tensor]) -> str | None:
    """The faster of the caches that `generate` has without a compiler: its default, and `static`."""
    took = {}
    for cache in (None, "static"):
        generate(cache)
        started = time.perf_counter()
        generate(cache)
        took[cache] = time.perf_counter() - started
    return min(took, key=lambda cache: took[cache])


def _fractions(benchmark: Any, ours: int, peer: int, count: int) -> None:
    """Bytes of its own weights that each side read a second over the bandwidth, as they were in this run."""
    bandwidth = read_bandwidth({"type": "cpu"}, len(os.sched_getaffinity(0)))
    rates = {
        side: nbytes * count / median(benchmark.extra_info["seconds"][side][1:])
        for side, nbytes in (("ours", ours), ("peer", peer))
    }
    benchmark.extra_info["bytes_per_token"] = {"ours": ours, "peer": peer}
    benchmark.extra_info["read_gigabytes_per_second"] = bandwidth / 1e9
    benchmark.extra_info["fraction_of_bandwidth"] = {s: rate / bandwidth for s, rate in rates.items()}


@pytest.mark.parametrize(("dtype", "batch"), _TORCH_ROWS)
def test_torch_engine_beside_generate(
    in_turns: Any, benchmark: Any, base_apr: Path, dtype: str, batch: int
) -> None:
    count, rounds = _TORCH_ROWS[dtype, batch]
    ours, nbytes = _engine(base_apr, dtype, batch, count)
    generate, theirs = _hugging_face(base_apr, dtype, batch, count)
    cache = _best_cache(generate)
    if dtype == "F32":
        assert torch.equal(ours(), generate(cache)[:, -1])
    name = (
        f"decode {count} tokens, torch, {dtype}, batch {batch}, beside generate ({cache or 'dynamic'} cache)"
    )
    in_turns(name, ours, lambda: generate(cache), rounds=rounds)
    _fractions(benchmark, nbytes, theirs, count)


@pytest.mark.parametrize("dtype", _DEFAULT_ROWS)
def test_default_engine_beside_generate(benchmark: Any, in_turns: Any, base_apr: Path, dtype: str) -> None:
    """llama.cpp, our default on the CPU, in its child, where loading the model is not timed."""
    count, rounds = _DEFAULT_ROWS[dtype]
    generate, theirs = _hugging_face(base_apr, dtype, 1, count)
    cache = _best_cache(generate)
    with _llama_cpp(base_apr, dtype, count) as (ours, nbytes):
        what = f"decode {count} tokens, {LLAMA_CPP}, {dtype}, batch 1"
        name = f"{what}, beside generate, {cache or 'dynamic'} cache"
        in_turns(name, ours, lambda: generate(cache), rounds=rounds, own_clock=True)
    _fractions(benchmark, nbytes, theirs, count)


def test_read_bandwidth(benchmark: Any) -> None:
    """One read of 1 GB of float32, as a sum."""
    numbers = torch.ones(1 << 28, device=_CPU)
    numbers.sum()
    benchmark.group = "read 1 GB"
    benchmark.pedantic(numbers.sum, rounds=7)
    benchmark.extra_info["gigabytes_per_second"] = 4 * numbers.numel() / benchmark.stats.stats.min / 1e9
