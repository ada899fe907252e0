"""Measures tokenizer_round_trip@1: documents through the tokenizer that the checkpoint embeds, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import TokenizerSpec, open_checkpoint
from ...errors import ShipworthyError
from ..canary import CanaryText, read_texts
from .first_difference import first_difference
from .refusal import as_text

_BATCH = 1000


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, documents: Path) -> dict[str, Any]:
    """Raw: per document, in the order of the file, its bytes, its tokens, and the first byte that changed."""
    with open_checkpoint(subject) as checkpoint:
        raw: dict[str, Any] = {
            "tensors": len(checkpoint.tensors),
            "tokenizer_embedded": True,
            "refusal": None,
            "documents": [],
        }
        try:
            spec = checkpoint.tokenizer()
            if spec is None:
                return {**raw, "tokenizer_embedded": False}
            return {**raw, "documents": list(_rows(spec, read_texts(documents)))}
        except ShipworthyError as error:
            return {**raw, "refusal": as_text(error)}


def _rows(spec: TokenizerSpec, texts: list[CanaryText]) -> Iterator[list[int | None]]:
    tokenizer = spec.build()
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        encoded = tokenizer.encode_batch([text.text for text in batch], add_special_tokens=False)
        decoded = tokenizer.decode_batch([one.ids for one in encoded], skip_special_tokens=False)
        for text, one, back in zip(batch, encoded, decoded, strict=True):
            before, after = text.text.encode(), back.encode()
            yield [len(before), len(one.ids), first_difference(before, after)]
