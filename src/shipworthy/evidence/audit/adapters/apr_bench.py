"""`apr bench --json`: totals, a mean and percentiles of decode times, without the samples."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..places import pointer
from ..receipt import Fact, Receipt, number
from .subjects import subjects_of

_KEYS = frozenset({"tokens_per_second", "total_tokens", "total_time_ms", "iterations"})
_QUANTITIES = {
    "tokens_per_second": "tokens_per_second",
    "total_tokens": "total_tokens",
    "total_time_ms": "total_time_ms",
    "time_to_first_token_ms": "first_token_ms",
    "iterations": "iterations",
    "mean_time_ms": "mean_time_ms",
    "median_time_ms": "median_time_ms",
    "std_dev_ms": "std_dev_ms",
    "latency_p50_ms": "latency_p50_ms",
    "latency_p95_ms": "latency_p95_ms",
    "latency_p99_ms": "latency_p99_ms",
}


def recognises(document: Any) -> bool:
    """Whether a JSON value has the shape."""
    return isinstance(document, dict) and document.keys() >= _KEYS


def read(file: str, document: dict[str, Any]) -> Receipt:
    """Its figures; tokens an iteration where the total divides evenly."""
    facts = [
        Fact(quantity, value, file, pointer(key))
        for key, quantity in _QUANTITIES.items()
        if (value := number(document.get(key))) is not None
    ]
    tokens, iterations = number(document["total_tokens"]), number(document["iterations"])
    each = tokens / iterations if tokens is not None and iterations else Decimal("0.5")
    if each == each.to_integral_value():
        derived = "total_tokens / iterations"
        facts.append(Fact("tokens_per_iteration", each, file, pointer("total_tokens"), derived))
    return Receipt(file, "apr-bench", document, facts=tuple(facts), subjects=subjects_of(file, document))
