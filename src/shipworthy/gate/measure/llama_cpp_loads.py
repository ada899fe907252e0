"""Measures llama_cpp_loads@1: llama.cpp in a child process, on the export alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import open_checkpoint
from ...errors import FileError
from ...pipeline import llama_cpp
from ..canary import read_texts
from .gguf_file_type import file_type, in_blocks

_TOGETHER = 512
"""Tokens in one batch."""


def measure(
    subject: Path, artifacts: Mapping[str, Path], *, log: Path, prompts: Path, positions: int, export: str
) -> dict[str, Any]:
    """Raw: what llama.cpp says of the file, and per prompt whether its logits are finite and how they
    spread. `export` names which file is attached or made; it is looked for in `file_type`."""
    texts = read_texts(prompts)
    gguf = artifacts["gguf"]
    stated, quantized = _stated(gguf)
    raw: dict[str, Any] = {
        "error": None,
        "file_type": stated,
        "quantized": quantized,
        "model": {},
        "samples": [],
    }
    try:
        found = llama_cpp.tokenize(gguf, [text.text for text in texts], log=log)
        cut = {text.id: ids[:positions] for text, ids in zip(texts, found, strict=True)}
        decoded = {name: ids for name, ids in cut.items() if ids}
        threads = len(os.sched_getaffinity(0))
        with llama_cpp.logits(
            gguf, list(decoded.values()), log=log, together=_TOGETHER, threads=threads
        ) as logits:
            said = {name: value for name, value in logits.model.items() if name != "kind"}
            raw["model"] = {**said, "network": logits.network}
            for name, values in zip(decoded, logits, strict=True):
                raw["samples"].append({"prompt": name, **_looked_at(values)})
    except llama_cpp.LlamaCppError as error:
        raw["error"] = str(error)
    return raw


def _stated(gguf: Path) -> tuple[str | None, int]:
    """The stated file type, and the number of tensors in blocks; of what our reader refuses, nothing."""
    try:
        with open_checkpoint(gguf) as file:
            return file_type(file), sum(in_blocks(entry.dtype) for entry in file.tensors.values())
    except FileError:
        return None, 0


def _looked_at(values: np.ndarray) -> dict[str, Any]:
    """One prompt's logits [T, V] float32; strict JSON has no NaN."""
    finite = bool(np.isfinite(values).all())
    spread = float((values.max(axis=1) - values.min(axis=1)).min()) if finite else None
    return {"positions": len(values), "finite": finite, "least_spread": spread}
