"""Decode throughput of a checkpoint in our own decoder: raw samples, and proof of where they were taken."""

from __future__ import annotations

import math
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checkpoint import open_checkpoint
from ..errors import FileError, UsageError
from .device import choose_dtype, describe_device, resolve_device

if TYPE_CHECKING:
    import torch

    from ..model import Decoder, KVCache

ENGINE = "shipworthy"
PROMPT = "def fibonacci(n):\n"
WARM_UP_TOKENS = 8


def bench(
    path: Path,
    *,
    iterations: int = 5,
    max_tokens: int = 128,
    device: str = "cpu",
    dtype: str = "f32",
    prompt: str = PROMPT,
) -> dict[str, Any]:
    """Time `iterations` greedy decodes of exactly `max_tokens` tokens at batch 1; the eos token ends none.

    A sample's `seconds` run from before the prompt is fed until the last token is there, and
    `ttft_seconds` until the first one is. The median is of tokens / seconds; it includes the prompt's
    prefill, so it is never above the speed of decoding alone, which stands beside it. A warm-up comes first
    and is not counted. The result is strict JSON.

    Raises UsageError (absent device, counts below one, context exceeded) and FileError (the checkpoint).
    """
    import torch

    from ..model import load_decoder

    if iterations < 1 or max_tokens < 1:
        raise UsageError(
            "bench-counts",
            f"{iterations} iterations of {max_tokens} tokens measure nothing",
            fix="ask for one or more",
        )
    where = resolve_device(device)
    choice = choose_dtype(dtype, where)
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        digest, form = checkpoint.digest(), checkpoint.format
        prompt_ids = _prompt_ids(checkpoint.tokenizer(), prompt, path)
        decoder = load_decoder(checkpoint, device=where, dtype=choice.torch_dtype).eval()
    context = decoder.config.max_position_embeddings
    if len(prompt_ids) + max_tokens > context:
        raise UsageError(
            "context-exceeded",
            f"the prompt's {len(prompt_ids)} tokens and {max_tokens} more exceed the context of {context}",
            fix="ask for fewer",
        )
    cache = decoder.new_cache(1, len(prompt_ids) + max_tokens)
    fed = torch.tensor([prompt_ids], device=where, dtype=torch.int64)
    _iteration(decoder, cache, fed, min(WARM_UP_TOKENS, max_tokens))
    samples = [_iteration(decoder, cache, fed, max_tokens) for _ in range(iterations)]
    return {
        "subject": {"sha256": digest, "format": form},
        "engine": ENGINE,
        "iterations": iterations,
        "max_tokens": max_tokens,
        "prompt_tokens": len(prompt_ids),
        "dtype": choice.name,
        "threads": torch.get_num_threads(),
        "device": describe_device(where),
        **_places(decoder, cache),
        "samples": samples,
        "median_tokens_per_second": statistics.median(s["tokens"] / s["seconds"] for s in samples),
        "median_decode_tokens_per_second": _median_decode(samples),
        "median_ttft_seconds": statistics.median(s["ttft_seconds"] for s in samples),
    }


def _iteration(decoder: Decoder, cache: KVCache, prompt: torch.Tensor, tokens: int) -> dict[str, Any]:
    """One greedy decode from an empty cache, timed."""
    import torch

    from ..model import decode_step

    cache.reset()
    _wait(decoder.device)
    started = time.perf_counter()
    logits = decode_step(decoder, prompt, cache)
    chosen = logits.argmax(dim=-1, keepdim=True)
    _wait(decoder.device)
    first = time.perf_counter() - started
    produced = [chosen]
    for _ in range(tokens - 1):
        chosen = decode_step(decoder, chosen, cache).argmax(dim=-1, keepdim=True)
        produced.append(chosen)
    ids = torch.cat(produced, dim=1)
    _wait(decoder.device)
    return {"tokens": ids.shape[1], "seconds": time.perf_counter() - started, "ttft_seconds": first}


def _wait(device: torch.device) -> None:
    """Until the device has done what it was given; the CPU always has."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _places(decoder: Decoder, cache: KVCache) -> dict[str, Any]:
    """Where parameters and cache are, and what they weigh: seen on the tensors, not the request."""
    parameters = list(decoder.parameters())
    devices = sorted({p.device.type for p in parameters})
    return {
        "parameters_on": "+".join(devices),
        "parameters_dtype": "+".join(sorted({str(p.dtype).removeprefix("torch.") for p in parameters})),
        "parameter_bytes": sum(p.numel() * p.element_size() for p in parameters),
        "cache_on": cache.keys.device.type,
    }


def _median_decode(samples: list[dict[str, Any]]) -> float | None:
    """Tokens a second after the first token, or None where only one was asked for."""
    rates = [
        (s["tokens"] - 1) / (s["seconds"] - s["ttft_seconds"])
        for s in samples
        if s["seconds"] > s["ttft_seconds"]
    ]
    median = statistics.median(rates) if rates else math.nan
    return median if math.isfinite(median) and median > 0 else None


def _prompt_ids(tokenizer: Any, prompt: str, path: Path) -> list[int]:
    if tokenizer is None:
        raise FileError("no-tokenizer", "the checkpoint embeds no tokenizer", path=path)
    ids: list[int] = tokenizer.build().encode(prompt, add_special_tokens=False).ids
    if not ids:
        raise UsageError("empty-prompt", "the prompt has no tokens", fix="give some text")
    return ids
