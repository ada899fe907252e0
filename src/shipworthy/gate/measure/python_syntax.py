"""Measures python_syntax@1: each prompt is continued in a fresh process, and what was written is parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...canonical import sha256_bytes
from ...pipeline.evaluation import Continuation, Prompt
from ..canary import read_texts
from ..evaluation_run import receipt, run_evaluation


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    prompts: Path,
    seed: int,
    max_tokens: int,
    engine: str,
    device: str,
    dtype: str,
) -> dict[str, Any]:
    """Raw: one run, per prompt the digests of prompt and continuation and what the parser said.

    Greedy decoding draws nothing, so that `seed` decides nothing; it is part of what is stated.
    """
    asked = [Prompt(text.id, text.text) for text in read_texts(prompts)]
    decoding = {"max_tokens": max_tokens, "engine": engine, "device": device, "dtype": dtype}
    summary, rows = run_evaluation(subject, decoding, log, prompts=asked)
    return {"runs": [as_run(summary, rows, asked)]}


def as_run(
    summary: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], asked: Sequence[Prompt]
) -> dict[str, Any]:
    """A run as raw samples have it, from what the suite left."""
    texts = {prompt.id: prompt.text for prompt in asked}

    def row(kept: Mapping[str, Any]) -> dict[str, Any]:
        return _row(Continuation(**kept), texts[kept["name"]])

    return receipt(summary, rows, "continuations", row, python=summary["python"])


def _row(done: Continuation, prompt: str) -> dict[str, Any]:
    return {
        "prompt": done.name,
        "prompt_sha256": _sha256(prompt),
        "continuation_sha256": _sha256(done.continuation),
        "tokens": done.tokens,
        "stopped": done.stopped,
        "kept_bytes": 0 if done.empty else len(_bytes(done.continuation[: done.kept])),
        "parsed": done.parsed,
    }


def _sha256(text: str) -> str:
    return sha256_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
