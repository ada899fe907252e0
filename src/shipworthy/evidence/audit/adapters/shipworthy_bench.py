"""`shipworthy bench --json`: every sample, and the medians that follow from them."""

from __future__ import annotations

from typing import Any

from ..places import pointer
from ..receipt import Fact, Receipt, Subject, number

_KEYS = frozenset({"subject", "samples", "iterations", "max_tokens", "median_tokens_per_second", "device"})
_QUANTITIES = {
    "median_tokens_per_second": "tokens_per_second",
    "iterations": "iterations",
    "max_tokens": "tokens_per_iteration",
}


def recognises(document: Any) -> bool:
    """Whether a JSON value has the shape: one bench, or the list that a sweep prints."""
    benches = document if isinstance(document, list) else [document]
    return bool(benches) and all(isinstance(bench, dict) and bench.keys() >= _KEYS for bench in benches)


def read(file: str, document: Any) -> Receipt:
    """Its figures; the subject is named by its digest."""
    facts, subjects = [], []
    for keys, bench in benches(document):
        for key, quantity in _QUANTITIES.items():
            if (value := number(bench[key])) is not None:
                facts.append(Fact(quantity, value, file, pointer(*keys, key)))
        digest = bench["subject"].get("sha256") if isinstance(bench["subject"], dict) else None
        named = digest if isinstance(digest, str) else ""
        subjects.append(Subject(named, named, file, pointer(*keys, "subject")))
    return Receipt(file, "shipworthy-bench", document, facts=tuple(facts), subjects=tuple(subjects))


def benches(document: Any) -> list[tuple[tuple[int, ...], dict[str, Any]]]:
    """The benches of a document with the keys that lead to each."""
    if isinstance(document, list):
        return [((index,), bench) for index, bench in enumerate(document)]
    return [((), document)]
