"""Measures golden_output@1: how an export continues the prompts of which a baseline holds the goldens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...canonical import strict_loads
from ...checkpoint import open_checkpoint
from ...errors import FileError
from ...evidence.baseline import read_baseline
from ...pipeline import llama_cpp
from .gguf_file_type import file_type

_OF = "golden_continuations@1"


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    count: int,
    prompt_tokens: int,
    tokens: int,
    export: str,
    margin: float,
) -> dict[str, Any]:
    """Raw: whose the baseline is, and per prompt golden, its margins, and the export's tokens and text.

    Raises NotMeasurable where the baseline holds no goldens with these parameters, before anything is run.
    """
    baseline = read_baseline(artifacts["baseline"])
    record = baseline.find(_OF, count=count, prompt_tokens=prompt_tokens, tokens=tokens)
    goldens = [strict_loads(line.encode()) for line in record.quantities["continuations"]]
    gguf = artifacts["gguf"]
    with open_checkpoint(subject) as checkpoint:
        raw: dict[str, Any] = {
            "baseline": {"bundle": baseline.bundle, "subject_sha256": baseline.subject["sha256"]},
            "subject_sha256": checkpoint.digest(),
            "file_type": _stated(gguf),
            "margin": margin,
            "error": None,
            "samples": [],
        }
        spec = checkpoint.tokenizer()
    if spec is None:
        return raw
    threads = len(os.sched_getaffinity(0))
    prompts = [golden["ids"] for golden in goldens]
    try:
        found = llama_cpp.continuations(gguf, prompts, tokens, log=log, threads=threads)
    except llama_cpp.LlamaCppError as error:
        return {**raw, "error": str(error)}
    special = {token.id for token in spec.added_tokens if token.special}
    for golden, continued in zip(goldens, found, strict=True):
        text = spec.decode_bytes([token for token in continued.tokens if token not in special])
        raw["samples"].append(
            {
                "prompt": golden["prompt"],
                "golden": golden["continuation"],
                "margins": golden["margins"],
                "continuation": continued.tokens,
                "text": text.decode(errors="replace"),
            }
        )
    return raw


def _stated(gguf: Path) -> str | None:
    try:
        with open_checkpoint(gguf) as file:
            return file_type(file)
    except FileError:
        return None
