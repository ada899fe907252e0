"""A summary that someone wrote from raw files: figures quoted, criteria credited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..places import leaves, pointer
from ..receipt import Fact, Receipt, number
from .claims import claims_of
from .subjects import subjects_of

QUOTED = {
    "tokens_per_second": "tokens_per_second",
    "tok_per_s": "tokens_per_second",
    "tps": "tokens_per_second",
    "ttft_ms": "first_token_ms",
    "time_to_first_token_ms": "first_token_ms",
    "iterations": "iterations",
    "total_tokens": "total_tokens",
    "p50_ms": "latency_p50_ms",
    "p95_ms": "latency_p95_ms",
    "p99_ms": "latency_p99_ms",
    "latency_p50_ms": "latency_p50_ms",
    "latency_p95_ms": "latency_p95_ms",
    "latency_p99_ms": "latency_p99_ms",
    "gates_executed": "gates_executed",
    "gates_skipped": "gates_skipped",
    "tests_run": "tests",
    "tests_failed": "tests_failed",
    "tests_skipped": "tests_skipped",
    "best_val_loss": "best_val_loss",
    "best_epoch": "best_epoch",
    "final_val_loss": "final_val_loss",
    "final_epoch_val_loss": "final_val_loss",
    "final_train_loss": "final_train_loss",
    "final_epoch_train_loss": "final_train_loss",
    "initial_val_loss": "first_val_loss",
    "initial_val_loss_epoch_0": "first_val_loss",
    "epochs": "epochs",
    "epochs_recorded": "epochs",
    "num_steps_recorded": "steps",
    "steps_recorded": "steps",
    "tokens_seen": "tokens_seen",
    "tensors": "tensors",
    "tensor_count": "tensors",
    "exported_size_gib": "export_gib",
    "export_size_gib": "export_gib",
    "llama_vocab_size_metadata": "vocab_size",
    "vocab_size": "vocab_size",
    "hidden_size": "hidden_size",
    "tokenizer_ggml_tokens_length": "tokenizer_tokens",
    "param_count": "parameters",
    "pass_at_1": "pass_at_1",
}
"""Keys of summaries that quote a measured figure, and what the figure is of."""

IN_TEXT: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("tokens_per_second", re.compile(r"(?<![\d.<>=] )(?<![\d.])(\d+(?:\.\d+)?) tok/s")),
    ("tokenizer_tokens", re.compile(r"(?<![\d.])(\d+) vocab\b")),
    ("tokenizer_merges", re.compile(r"(?<![\d.])(\d+) merges\b")),
    ("tokenizer_specials", re.compile(r"(?<![\d.])(\d+) specials\b")),
    ("tensors", re.compile(r"(?<![\d.])(\d+) tensors\b")),
)
"""Figures within sentences, by their unit."""
_LABEL = re.compile(r"\barch(?:itecture)?=([A-Za-z]\w+)")


def recognises(document: Any) -> bool:
    """Whether an object claims a criterion, or quotes two figures under keys that are known."""
    if not isinstance(document, dict):
        return False
    quoted = sum(bool(keys) and keys[-1] in QUOTED for keys, _ in leaves(document))
    return quoted >= 2 or any(claims_of("", document))


def read(file: str, document: dict[str, Any]) -> Receipt:
    """Its quoted figures, its claims, and what it names."""
    return Receipt(
        file,
        "summary",
        document,
        facts=tuple(_facts(file, document)),
        claims=tuple(claims_of(file, document)),
        subjects=subjects_of(file, document),
    )


def _facts(file: str, document: dict[str, Any]) -> Iterator[Fact]:
    for keys, value in leaves(document):
        place = pointer(*keys)
        quantity = QUOTED.get(str(keys[-1])) if keys else None
        if quantity and not isinstance(value, bool) and isinstance(value, int | Decimal):
            yield Fact(quantity, value, file, place)
        if isinstance(value, str):
            for quantity, pattern in IN_TEXT:
                for match in pattern.finditer(value):
                    yield Fact(quantity, _as_written(match[1]), file, place)
            for match in _LABEL.finditer(value):
                yield Fact("architecture", match[1], file, place)


def _as_written(text: str) -> Decimal | int:
    return Decimal(text) if "." in text else int(text)


def quoted_gates(document: Any) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any], list[str]]]:
    """Objects of a summary that list failed gates by name: their keys, the object, the names."""
    from ..places import objects

    for keys, holder in objects(document):
        for key in ("fails", "failed", "failed_gates", "failures"):
            names = holder.get(key)
            if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
                yield keys, holder, names


def counted(document: dict[str, Any], key: str) -> Decimal | None:
    """The first number under a key, however deep."""
    return next(
        (
            found
            for keys, value in leaves(document)
            if keys and keys[-1] == key and (found := number(value)) is not None
        ),
        None,
    )
