"""Measures text_quality@1: greedy continuations by our decoder, and its loss on the prompts themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...pipeline.engines import TORCH, Opened, open_engine
from ...pipeline.sampling import Sampling
from ..canary import CanaryText, read_texts, spread

if TYPE_CHECKING:
    import tokenizers

PROMPT_TOKENS = 32
"""So much of a text is the prompt that is continued."""


def measure(
    subject: Path, artifacts: Mapping[str, Path], *, log: Path, prompts: Path, count: int, tokens: int
) -> dict[str, Any]:
    """Raw: of each prompt the tokens that followed and their text; of each text its bytes and its loss; and
    what decoded and read them, where, in which dtype.

    `nats` is the sum of -ln p of every token after the first, `bytes` those of the same tokens in UTF-8.
    """
    texts = spread(read_texts(prompts), count)
    with open_engine(subject, engine=TORCH) as opened:
        encoder = opened.tokenizer.build()
        ids = [encoder.encode(text.text, add_special_tokens=False).ids for text in texts]
        read, read_as = _losses(subject, encoder, texts, ids, opened.engine.context)
        continued = [
            {"prompt": text.id, **_continued(opened, encoder, one[:PROMPT_TOKENS], tokens)}
            for text, one in zip(texts, ids, strict=True)
        ]
        places = opened.engine.places()
        seen = {name: places[name] for name in ("parameters_on", "cache_on", "parameters_dtype")}
    made = {"engine": opened.engine.name, **seen, **read_as}
    return {"asked": tokens, **made, "continuations": continued, "texts": read}


def _continued(
    opened: Opened, encoder: tokenizers.Tokenizer, prompt: list[int], tokens: int
) -> dict[str, Any]:
    """Up to the eos token; shorter without it where a logit that is not finite ended it."""
    found: list[int] = []
    ended = False
    try:
        for token in opened.engine.tokens(prompt, tokens, eos=None, sampling=Sampling()):
            if ended := token == opened.tokenizer.eos_token_id:
                break
            found.append(token)
    except UsageError as error:
        if error.code != "not-finite":
            raise
    return {"tokens": found, "text": encoder.decode(found, skip_special_tokens=False), "ended": ended}


def _losses(
    subject: Path,
    encoder: tokenizers.Tokenizer,
    texts: Sequence[CanaryText],
    ids: Sequence[list[int]],
    context: int,
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """A row for each text, and where the weights that read them were seen to lie, in which dtype."""
    import torch
    import torch.nn.functional as F

    from ...checkpoint import open_checkpoint
    from ...model import load_decoder, prefill_logits

    device = torch.device("cpu")
    with open_checkpoint(subject) as checkpoint:
        decoder = load_decoder(checkpoint, device=device, dtype=torch.float32).eval()
    rows = []
    for text, one in zip(texts, ids, strict=True):
        kept = one[:context]
        size = len(encoder.decode(kept[1:], skip_special_tokens=False).encode())
        if len(kept) < 2 or size == 0:
            continue
        tokens = torch.tensor([kept], dtype=torch.int64, device=device)
        with torch.inference_mode():
            logits = prefill_logits(decoder, tokens)[0, :-1]
            nats = float(F.cross_entropy(logits.double(), tokens[0, 1:], reduction="sum"))
        rows.append({"prompt": text.id, "bytes": size, "nats": nats if math.isfinite(nats) else None})
    weights = list(decoder.parameters())
    seen = {
        "read_on": "+".join(sorted({weight.device.type for weight in weights})),
        "read_dtype": "+".join(sorted({str(weight.dtype).removeprefix("torch.") for weight in weights})),
    }
    return rows, seen
