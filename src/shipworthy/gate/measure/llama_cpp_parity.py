"""Measures llama_cpp_parity@1: our decoder on the CPU in float32 beside llama.cpp in a child process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import open_checkpoint
from ...errors import FileError
from ...pipeline import llama_cpp
from ...pipeline.compare import Comparison, compare_logits
from ..canary import CanaryText, read_texts

# Both sides work at once, so each gets half of the cores: more threads than cores make both of them wait.
_THREADS = max(1, len(os.sched_getaffinity(0)) // 2)


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    prompts: Path,
    positions: int,
    export: str,
    kv_cache: str,
    flash_attention: bool,
) -> dict[str, Any]:
    """Raw: per prompt and position KL, probability difference and both likeliest tokens.

    `export`, `kv_cache` and `flash_attention` have one value each by the probe's schema; the client of
    llama.cpp has no other setting.
    """
    texts = read_texts(prompts)
    gguf = artifacts["gguf"]
    loaded = llama_cpp.load(gguf, log=log)
    raw: dict[str, Any] = {
        "loads": loaded["loads"],
        "error": loaded["error"] or None,
        "llama_cpp": loaded,
        "samples": [],
    }
    if not loaded["loads"]:
        return raw
    token_ids = _our_ids(subject, texts)
    their_ids = llama_cpp.tokenize(gguf, [text.text for text in texts], log=log)
    short = [ids[:positions] for ids in token_ids]
    try:
        raw["samples"] = [
            {"prompt": text.id, "token_ids_equal": ours == theirs, **compared}
            for text, ours, theirs, compared in zip(
                texts, token_ids, their_ids, _compare(subject, gguf, short, log), strict=True
            )
        ]
    except llama_cpp.LlamaCppCrash as crash:
        raw["loads"], raw["error"] = False, str(crash)
    return raw


def _our_ids(subject: Path, texts: list[CanaryText]) -> list[list[int]]:
    with open_checkpoint(subject) as checkpoint:
        spec = checkpoint.tokenizer()
    if spec is None:
        raise FileError("no-tokenizer", "embeds no tokenizer to encode the prompts with", path=subject)
    tokenizer = spec.build()
    return [tokenizer.encode(text.text, add_special_tokens=False).ids for text in texts]


def _compare(
    subject: Path, gguf: Path, prompts: list[list[int]], log: Path
) -> Iterator[dict[str, list[Any]]]:
    """Both sides prompt by prompt; llama.cpp works on the next one while this one is compared."""
    import torch

    from ...model import load_decoder

    torch.set_num_threads(_THREADS)
    device = torch.device("cpu")
    with open_checkpoint(subject) as checkpoint:
        decoder = load_decoder(checkpoint, device=device, dtype=torch.float32)
    theirs = llama_cpp.logits(gguf, prompts, log=log, threads=_THREADS)
    with torch.inference_mode():
        for ids, their_logits in zip(prompts, theirs, strict=True):
            tokens = torch.tensor([ids], dtype=torch.int64, device=device)
            yield _row(compare_logits(decoder(tokens)[0].numpy(), their_logits))


def _row(compared: Comparison) -> dict[str, list[Any]]:
    return {
        "kl_nats": _json_floats(compared.kl),
        "top1_probability_difference": _json_floats(compared.top1_difference),
        "margin": _json_floats(compared.margin),
        "argmax": compared.ours_argmax.tolist(),
        "argmax_llama_cpp": compared.theirs_argmax.tolist(),
    }


def _json_floats(values: np.ndarray[Any, Any]) -> list[float | None]:
    """Strict JSON has no NaN: a value that is not finite is null."""
    return [float(value) if np.isfinite(value) else None for value in values]
