"""Measures golden_continuations@1: the checkpoint's own greedy continuations, to be kept as a baseline."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...checkpoint import open_checkpoint
from ..canary import read_texts, spread

if TYPE_CHECKING:
    from torch import Tensor

    from ...model import DecodeEngine


def measure(
    subject: Path,
    artifacts: Mapping[str, Path],
    *,
    log: Path,
    prompts: Path,
    count: int,
    prompt_tokens: int,
    tokens: int,
) -> dict[str, Any]:
    """Raw: per prompt its ids, the ids chosen and their margins; of no tokenizer, no prompt."""
    import torch

    from ...model import DecodeEngine, load_decoder

    device = torch.device("cpu")
    with open_checkpoint(subject) as checkpoint:
        spec = checkpoint.tokenizer()
        tokenizer = None if spec is None else spec.build()
        decoder = load_decoder(checkpoint, device=device).eval()
    texts = [] if tokenizer is None else spread(read_texts(prompts), count)
    rows: list[dict[str, Any]] = []
    for text in texts:
        assert tokenizer is not None
        ids = tokenizer.encode(text.text, add_special_tokens=False).ids[:prompt_tokens]
        rows.append({"prompt": text.id, "ids": ids})
    engine = DecodeEngine(decoder, batch=max(len(rows), 1), positions=prompt_tokens + tokens)
    samples: list[dict[str, Any]] = []
    for length, alike in groupby(rows, key=lambda row: len(row["ids"])):
        group = list(alike)
        if length:
            samples += map(dict.__or__, group, _continued(engine, group, tokens))
    return {
        "device": str(engine.device),
        "dtype": str(engine.dtype).removeprefix("torch."),
        "samples": samples,
    }


def _continued(engine: DecodeEngine, rows: list[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """Of prompts of one length the likeliest token after token, and by how much; not finite is null.

    An engine takes as many sequences as it was made for, so that the first fills the places that are left.
    """
    import torch

    prompts = [row["ids"] for row in rows]
    fed = torch.tensor(prompts + prompts[:1] * (engine.batch - len(prompts)), device=engine.device)
    logits = engine.prefill(fed)
    chosen: list[Tensor] = []
    margins: list[Tensor] = []
    for number in range(count):
        if number:
            logits = engine.step(chosen[-1])
        best, tokens = torch.topk(logits, 2)
        chosen.append(tokens[:, 0])
        margins.append(best[:, 0] - best[:, 1])
    columns = zip(torch.stack(chosen, 1).tolist(), torch.stack(margins, 1).tolist(), strict=True)
    for _, (ids, values) in zip(rows, columns, strict=False):
        yield {"continuation": ids, "margins": [v if math.isfinite(v) else None for v in values]}
