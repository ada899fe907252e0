"""Measures llama_cpp_parity@1: our decoder on the CPU in float32 beside llama.cpp in a child process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import open_checkpoint
from ...errors import FileError
from ...pipeline import llama_cpp
from ...pipeline.compare import Comparison, compare_logits
from ..canary import CanaryText, read_texts

_BATCH = 10
_FLOAT32_FLOOR_NATS = 1.0e-9
_LOOKED_AT_TWICE = 4


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
    try:
        compared = _compare(subject, gguf, [ids[:positions] for ids in token_ids], log)
    except llama_cpp.LlamaCppCrash as crash:
        return {**raw, "loads": False, "error": str(crash)}
    raw["samples"] = [
        {"prompt": text.id, "token_ids_equal": ours == theirs, **row}
        for text, ours, theirs, row in zip(texts, token_ids, their_ids, compared, strict=True)
    ]
    return raw


def _our_ids(subject: Path, texts: list[CanaryText]) -> list[list[int]]:
    with open_checkpoint(subject) as checkpoint:
        spec = checkpoint.tokenizer()
    if spec is None:
        raise FileError("no-tokenizer", "embeds no tokenizer to encode the prompts with", path=subject)
    tokenizer = spec.build()
    return [tokenizer.encode(text.text, add_special_tokens=False).ids for text in texts]


def _compare(subject: Path, gguf: Path, prompts: list[list[int]], log: Path) -> list[dict[str, Any]]:
    """Our side of all prompts first, then llama.cpp's: at the same time they would share the cores.

    Where massive activations make a position ill-conditioned, the float32 rounding of our own side can be
    larger than what is looked for. So the few prompts with the largest differences are computed again in
    float64 on our side, and that stands. A defect of the export is there in either.
    """
    import torch

    from ...model import load_decoder, prefill_logits

    device = torch.device("cpu")
    with open_checkpoint(subject) as checkpoint:
        decoder = load_decoder(checkpoint, device=device, dtype=torch.float32).eval()
    ours: list[np.ndarray[Any, Any]] = []
    for batch in _batches(prompts):
        ours += list(prefill_logits(decoder, torch.tensor(batch, dtype=torch.int64, device=device)).numpy())
    theirs = llama_cpp.logits(gguf, prompts, log=log, threads=_threads())
    compared = [compare_logits(*pair) for pair in zip(ours, theirs, strict=True)]
    rows = [_row(result, "float32") for result in compared]
    again = _to_look_at_again(compared)
    if again:
        decoder = decoder.double()
        theirs = llama_cpp.logits(gguf, [prompts[index] for index in again], log=log, threads=_threads())
        for index, their_logits in zip(again, theirs, strict=True):
            tokens = torch.tensor([prompts[index]], dtype=torch.int64, device=device)
            exact = prefill_logits(decoder, tokens)[0].numpy()
            rows[index] = _row(compare_logits(exact, their_logits), "float64")
    return rows


def _threads() -> int:
    return len(os.sched_getaffinity(0))


def _batches(prompts: list[list[int]]) -> Iterator[list[list[int]]]:
    """Neighbours of one length, a few at a time: a matrix product over more rows runs faster."""
    for _, group in groupby(prompts, key=len):
        alike = list(group)
        for start in range(0, len(alike), _BATCH):
            yield alike[start : start + _BATCH]


def _to_look_at_again(compared: list[Comparison]) -> list[int]:
    """The prompts with the largest KL above what float32 explains; none that is not finite."""
    largest = {index: float(result.kl.max()) for index, result in enumerate(compared)}
    outside = [index for index, kl in largest.items() if kl > _FLOAT32_FLOOR_NATS]
    return sorted(outside, key=lambda index: -largest[index])[:_LOOKED_AT_TWICE]


def _row(compared: Comparison, ours_in: str) -> dict[str, Any]:
    return {
        "ours_in": ours_in,
        "kl_nats": _json_floats(compared.kl),
        "top1_probability_difference": _json_floats(compared.top1_difference),
        "margin": _json_floats(compared.margin),
        "argmax": compared.ours_argmax.tolist(),
        "argmax_llama_cpp": compared.theirs_argmax.tolist(),
    }


def _json_floats(values: np.ndarray[Any, Any]) -> list[float | None]:
    """Strict JSON has no NaN: a value that is not finite is null."""
    return [float(value) if np.isfinite(value) else None for value in values]
