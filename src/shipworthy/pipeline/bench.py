"""Decode throughput of a checkpoint: raw samples, and proof of where they were taken."""

from __future__ import annotations

import math
import os
import statistics
from pathlib import Path
from typing import Any

from ..contract.probes.throughput_sweep import thread_counts as counts_to
from ..errors import UsageError
from .bandwidth import READ_BYTES, read_seconds
from .engines import open_engine
from .gpu_state import gpu_state

PROMPT = "def fibonacci(n):\n"
WARM_UP_TOKENS = 8


def bench(
    path: Path,
    *,
    iterations: int = 5,
    max_tokens: int = 128,
    device: str = "cpu",
    dtype: str = "f32",
    engine: str | None = None,
    threads: int | None = None,
    batch: int = 1,
    prompt: str = PROMPT,
) -> dict[str, Any]:
    """Time `iterations` greedy decodes of exactly `max_tokens` tokens; the eos token ends none.

    `batch` sequences are decoded together, each of that many tokens behind the one prompt. Tokens and rates
    are those of one sequence, so that no batch passes for a faster decode of one; `whole_batch` has the
    medians of all sequences together, `batch` times as many tokens in the same time.

    A sample's `seconds` run from before the prompt is fed until the last token is there, and
    `ttft_seconds` until the first one is. The median is of tokens / seconds; it includes the prompt's
    prefill, so it is never above the speed of decoding alone, which stands beside it, and beside the
    fraction of the memory's read bandwidth, measured in this process, that decoding reaches: the weights
    are read once a token, and in a batch once for a token of every sequence. A warm-up comes first and is
    not counted. On CUDA, `gpu` has what NVML said before and after. The result is strict JSON.

    Raises UsageError (absent device, counts below one, a batch for llama.cpp, context exceeded), FileError
    (the checkpoint) and, on CUDA without NVML, NoGpuState.
    """
    if iterations < 1 or max_tokens < 1:
        raise UsageError(
            "bench-counts",
            f"{iterations} iterations of {max_tokens} tokens measure nothing",
            fix="ask for one or more",
        )
    with open_engine(path, engine=engine, device=device, dtype=dtype, threads=threads, batch=batch) as opened:
        decoding = opened.engine
        ids: list[int] = opened.tokenizer.build().encode(prompt, add_special_tokens=False).ids
        if not ids:
            raise UsageError("empty-prompt", "the prompt has no tokens", fix="give some text")
        if len(ids) + max_tokens > decoding.context:
            raise UsageError(
                "context-exceeded",
                f"the prompt's {len(ids)} tokens and {max_tokens} more exceed the context of "
                f"{decoding.context}",
                fix="ask for fewer",
            )
        reads = read_seconds(opened.device, opened.threads)
        bandwidth = READ_BYTES / min(reads)
        before = _gpu(opened.device)
        samples = decoding.samples(ids, max_tokens, iterations, WARM_UP_TOKENS)
        after = _gpu(opened.device)
        places = decoding.places()
        rate = statistics.median(s["tokens"] / s["seconds"] for s in samples)
        decode = _median_decode(samples)
        return {
            "subject": {"sha256": opened.digest, "format": opened.format},
            "engine": decoding.name,
            "iterations": iterations,
            "max_tokens": max_tokens,
            "batch": batch,
            "prompt_tokens": len(ids),
            "dtype": opened.dtype,
            "cores": len(os.sched_getaffinity(0)),
            "device": opened.device,
            "gpu": None if before is None else {"before": before, "after": after},
            **places,
            "samples": samples,
            "median_tokens_per_second": rate,
            "median_decode_tokens_per_second": decode,
            "whole_batch": {
                "median_tokens_per_second": batch * rate,
                "median_decode_tokens_per_second": None if decode is None else batch * decode,
            },
            "median_ttft_seconds": statistics.median(s["ttft_seconds"] for s in samples),
            "read_bandwidth_bytes_per_second": bandwidth,
            "bandwidth_reads": {"bytes": READ_BYTES, "seconds": reads},
            "fraction_of_bandwidth": None
            if decode is None
            else decode * places["bytes_per_token"] / bandwidth,
        }


def _gpu(device: dict[str, Any]) -> dict[str, Any] | None:
    return gpu_state(device["index"]) if device["type"] == "cuda" else None


def thread_counts(most: int | None) -> list[int]:
    """1, 2, 4 ... up to `most` threads, which is the last; every core unless given."""
    return counts_to(len(os.sched_getaffinity(0)) if most is None else most)


def _median_decode(samples: list[dict[str, Any]]) -> float | None:
    """Tokens a second after the first token, or None where only one was asked for."""
    rates = [
        (s["tokens"] - 1) / (s["seconds"] - s["ttft_seconds"])
        for s in samples
        if s["seconds"] > s["ttft_seconds"]
    ]
    median = statistics.median(rates) if rates else math.nan
    return median if math.isfinite(median) and median > 0 else None
