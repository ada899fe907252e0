"""`apr qa --json`: a battery of gates, each passed or not, skipped or not, with a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..places import pointer
from ..receipt import Fact, Gate, Receipt, number
from .subjects import subjects_of

_IN_MESSAGES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("tensors", re.compile(r"\b(\d+) tensors\b")),
    ("architecture", re.compile(r"\barch=([\w.-]+)")),
    ("rope_theta", re.compile(r"\brope_theta=(\d+(?:\.\d+)?)")),
    ("max_position_embeddings", re.compile(r"\bmax_pos=(\d+)")),
    ("vocab_size", re.compile(r"\bvocab_size=(\d+)")),
    ("hidden_size", re.compile(r"\bhidden_size=(\d+)")),
)
_RATE = re.compile(r"\btok/s\b")


def recognises(document: Any) -> bool:
    """Whether a JSON value has the shape: `gates`, each with a name and `passed`."""
    if not isinstance(document, dict) or not isinstance(document.get("gates"), list):
        return False
    return all(isinstance(gate, dict) and {"name", "passed"} <= gate.keys() for gate in document["gates"])


def read(file: str, document: dict[str, Any]) -> Receipt:
    """Its gates, and what their messages state about the model."""
    gates = tuple(_gate(file, index, gate) for index, gate in enumerate(document["gates"]))
    return Receipt(
        file,
        "apr-qa",
        document,
        facts=tuple(_facts(file, document, gates)),
        gates=gates,
        subjects=subjects_of(file, document),
    )


def _gate(file: str, index: int, gate: dict[str, Any]) -> Gate:
    return Gate(
        name=str(gate["name"]),
        passed=gate["passed"] is True,
        skipped=gate.get("skipped") is True,
        message=str(gate.get("message", "")),
        value=number(gate.get("value")),
        threshold=number(gate.get("threshold")),
        file=file,
        place=pointer("gates", index),
    )


def _facts(file: str, document: dict[str, Any], gates: tuple[Gate, ...]) -> Iterator[Fact]:
    for key in ("gates_executed", "gates_skipped"):
        if (count := number(document.get(key))) is not None:
            yield Fact(key, count, file, pointer(key))
    for gate in gates:
        if not gate.passed:
            yield Fact("failed_gates", gate.name, file, gate.place)
        if gate.value is not None and _RATE.search(gate.message):
            yield Fact("tokens_per_second", gate.value, file, gate.place + "/value")
        for quantity, pattern in _IN_MESSAGES:
            if match := pattern.search(gate.message):
                value = match[1] if quantity == "architecture" else Decimal(match[1])
                yield Fact(quantity, value, file, gate.place + "/message")
