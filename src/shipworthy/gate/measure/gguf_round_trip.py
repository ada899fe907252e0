"""Measures gguf_round_trip@1: the checkpoint and its export side by side, both through our own readers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import Checkpoint, open_checkpoint
from ...contract.probes.registered_constants import FIELDS
from ...errors import FileError, ShipworthyError
from ..canary import read_texts, spread
from .initial_weights import digest
from .refusal import as_text

_BATCH = 20


def measure(
    subject: Path, artifacts: Mapping[str, Path], *, log: Path, prompts: Path, count: int, positions: int
) -> dict[str, Any]:
    """Raw: digests, constants and tokenizers of both, and per prompt the two next tokens and how their
    probabilities differ, from ours to theirs and back.

    A prompt shorter than `positions` is taken whole.
    """
    with open_checkpoint(subject) as checkpoint, open_checkpoint(artifacts["gguf"]) as export:
        sides = {"checkpoint": checkpoint, "gguf": export}
        raw: dict[str, Any] = {
            "refusal": None,
            "tensors": {
                name: {tensor: digest(side.read(tensor)) for tensor in side.tensors}
                for name, side in sides.items()
            },
            "constants": {name: _constants(side) for name, side in sides.items()},
            "tokenizers": {name: _tokenizer(side) for name, side in sides.items()},
            "samples": [],
        }
        spec = checkpoint.tokenizer()
        if spec is None:
            raise FileError("no-tokenizer", "embeds no tokenizer to encode the prompts with", path=subject)
        tokenizer = spec.build()
        texts = spread(read_texts(prompts), count)
        ids = [tokenizer.encode(text.text, add_special_tokens=False).ids[:positions] for text in texts]
        ours = _next_token(checkpoint, ids)
        try:
            back = _next_token(export, ids)
        except FileError as error:
            return {**raw, "refusal": as_text(error)}
    rows = zip(texts, ours, back, strict=True)
    return {**raw, "samples": [{"prompt": text.id, **_sample(one, other)} for text, one, other in rows]}


def _constants(checkpoint: Checkpoint) -> dict[str, Any] | None:
    try:
        config = checkpoint.config()
    except FileError:
        return None
    return {field: getattr(config, field) for field in FIELDS}


def _tokenizer(checkpoint: Checkpoint) -> str | None:
    try:
        spec = checkpoint.tokenizer()
    except ShipworthyError:
        return None
    return None if spec is None else spec.digest()


def _next_token(checkpoint: Checkpoint, prompts: list[list[int]]) -> list[np.ndarray]:
    """Per prompt the probabilities [V], float64, of the token after it; one decoder in memory at a time."""
    import torch

    from ...model import load_decoder

    device = torch.device("cpu")
    decoder = load_decoder(checkpoint, device=device).eval()
    found: dict[int, np.ndarray] = {}
    for length in sorted({len(ids) for ids in prompts}):
        alike = [index for index, ids in enumerate(prompts) if len(ids) == length]
        for start in range(0, len(alike), _BATCH):
            batch = alike[start : start + _BATCH]
            tokens = torch.tensor([prompts[index] for index in batch], device=device)
            with torch.inference_mode():
                logits = decoder.project(decoder.model(tokens)[:, -1])
            for index, row in zip(batch, torch.softmax(logits.double(), dim=-1).numpy(), strict=True):
                found[index] = row
    return [found[index] for index in range(len(prompts))]


def _sample(ours: np.ndarray, back: np.ndarray) -> dict[str, Any]:
    if ours.shape != back.shape or not (np.isfinite(ours).all() and np.isfinite(back).all()):
        return {"argmax": -1, "argmax_back": -1, "difference": None, "difference_back": None}
    first, first_back = int(ours.argmax()), int(back.argmax())
    return {
        "argmax": first,
        "argmax_back": first_back,
        "difference": float(abs(ours[first] - back[first])),
        "difference_back": float(abs(ours[first_back] - back[first_back])),
    }
