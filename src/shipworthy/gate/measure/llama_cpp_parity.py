"""Measures llama_cpp_parity@2: our decoder on the CPU in float32 beside llama.cpp in a child process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...checkpoint import open_checkpoint
from ...errors import FileError
from ...pipeline import llama_cpp
from ...pipeline.compare import Comparison, compare_logits
from ..canary import CanaryText, read_texts, spread

TOGETHER = 512
"""Tokens that llama.cpp computes in one batch."""
_FLOAT32_FLOOR_NATS = 1.0e-9


@dataclass(frozen=True)
class Prompts:
    """Token ids of each text as our tokenizer encodes it, and the bytes that these ids are to it."""

    token_ids: list[list[int]]
    pieces: list[bytes]


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    prompts: Path,
    count: int,
    positions: int,
    decode: str,
    in_float64: int,
    export: str,
    kv_cache: str,
    flash_attention: bool,
) -> dict[str, Any]:
    """Raw: per prompt and position KL, probability difference, margin and both likeliest tokens.

    `export` names what `artifacts` holds; what the file's matrices are stored as is read from it.
    """
    texts = spread(read_texts(prompts), count)
    gguf = artifacts["gguf"]
    raw: dict[str, Any] = {
        "loads": False,
        "error": None,
        "llama_cpp": {},
        "matrices": _matrices(gguf),
        "used": {},
        "samples": [],
    }
    encoded = encode(subject, texts)
    cut = [ids[:positions] for ids in encoded.token_ids]
    try:
        with llama_cpp.logits(
            gguf,
            cut,
            texts=[text.text for text in texts],
            ids=encoded.token_ids,
            together=TOGETHER,
            stepwise=decode == "stepwise",
            kv_cache=kv_cache,
            flash_attention=flash_attention,
            threads=_threads(),
            log=log,
        ) as theirs:
            raw["llama_cpp"] = {**theirs.model, "network": theirs.network}
            rows, device = compare(subject, cut, theirs, stepwise=decode == "stepwise", in_float64=in_float64)
    except llama_cpp.LlamaCppError as error:
        return {**raw, "error": str(error)}
    raw["loads"] = True
    raw["used"] = {**theirs.context, "decode": decode, "device": device}
    raw["samples"] = [
        {
            "prompt": text.id,
            "token_ids_equal": encoded.token_ids[index] == theirs.token_ids[index],
            "texts_equal": encoded.pieces[index] == theirs.pieces[index],
            "asked": min(positions, len(encoded.token_ids[index])),
            **rows[index],
        }
        for index, text in enumerate(texts)
    ]
    return raw


def encode(subject: Path, texts: Sequence[CanaryText]) -> Prompts:
    """The texts through the tokenizer that the subject embeds. Raises FileError where there is none."""
    with open_checkpoint(subject) as checkpoint:
        spec = checkpoint.tokenizer()
    if spec is None:
        raise FileError("no-tokenizer", "embeds no tokenizer to encode the prompts with", path=subject)
    tokenizer = spec.build()
    ids = [tokenizer.encode(text.text, add_special_tokens=False).ids for text in texts]
    return Prompts(ids, [spec.decode_bytes(one) for one in ids])


def compare(
    subject: Path,
    prompts: Sequence[Sequence[int]],
    theirs: llama_cpp.Logits,
    *,
    stepwise: bool = False,
    in_float64: int = 0,
) -> tuple[list[dict[str, Any]], str]:
    """A row per prompt, and the device that our side computed on.

    Where massive activations make a position ill-conditioned, the float32 rounding of our own side can be
    larger than what is looked for. So the prompts with the largest differences, at most `in_float64`, are
    computed again in float64 on our side, and that stands. A defect of the export is there in either.
    """
    import torch

    from ...model import StreamedLogits

    with open_checkpoint(subject) as checkpoint:
        ours = StreamedLogits(checkpoint, prompts, stepwise=stepwise)
        rows, doubtful = [], _Doubtful(in_float64)
        for index, their_logits in enumerate(theirs):
            compared = compare_logits(ours.logits(index).numpy(), their_logits)
            rows.append(_row(compared, "float32"))
            doubtful.consider(float(compared.kl.max()), index, their_logits)
        if doubtful.kept:
            again = [prompts[index] for _, index, _ in doubtful.kept]
            exact = StreamedLogits(checkpoint, again, dtype=torch.float64, stepwise=stepwise)
            for place, (_, index, their_logits) in enumerate(doubtful.kept):
                compared = compare_logits(exact.logits(place).numpy(), their_logits)
                rows[index] = _row(compared, "float64")
    return rows, ours.device.type


class _Doubtful:
    """The prompts with the largest KL above what float32 explains, and llama.cpp's logits of them."""

    def __init__(self, most: int) -> None:
        self.kept: list[tuple[float, int, npt.NDArray[np.float32]]] = []
        self._most = most

    def consider(self, kl: float, index: int, theirs: npt.NDArray[np.float32]) -> None:
        """Keep it if it is among the largest; one that is not finite never is."""
        if kl > _FLOAT32_FLOOR_NATS:
            self.kept.append((kl, index, theirs))
            self.kept.sort(key=lambda entry: (-entry[0], entry[1]))
            del self.kept[self._most :]


def _matrices(gguf: Path) -> dict[str, int]:
    """How many matrices are stored as which dtype; none where the file is no GGUF that we can read."""
    counts: dict[str, int] = {}
    try:
        with open_checkpoint(gguf) as checkpoint:
            for entry in checkpoint.tensors.values():
                if len(entry.shape) > 1:
                    counts[entry.dtype] = counts.get(entry.dtype, 0) + 1
    except FileError:
        return {}
    return counts


def _threads() -> int:
    return len(os.sched_getaffinity(0))


def _row(compared: Comparison, ours_in: str) -> dict[str, Any]:
    return {
        "ours_in": ours_in,
        "kl_nats": _json_floats(compared.kl),
        "top1_probability_difference": _json_floats(compared.top1_difference),
        "margin": _json_floats(compared.margin),
        "argmax": compared.ours_argmax.tolist(),
        "argmax_llama_cpp": compared.theirs_argmax.tolist(),
    }


def _json_floats(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Strict JSON has no NaN: a value that is not finite is null."""
    return [float(value) if np.isfinite(value) else None for value in values]
