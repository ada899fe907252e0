"""`llama-bench -o json`: a list of tests, each with its samples (tools/llama-bench/llama-bench.cpp)."""

from __future__ import annotations

from typing import Any

from ..places import pointer
from ..receipt import GIB, Fact, Receipt, number
from .subjects import subjects_of

_KEYS = frozenset({"n_prompt", "n_gen", "avg_ts", "samples_ts", "samples_ns"})
_QUANTITIES = {"model_size": "file_bytes", "model_n_params": "parameters"}


def recognises(document: Any) -> bool:
    """Whether a JSON value has the shape."""
    if not isinstance(document, list) or not document:
        return False
    return all(isinstance(test, dict) and test.keys() >= _KEYS for test in document)


def read(file: str, document: list[dict[str, Any]]) -> Receipt:
    """The rates of tests that only generate, as decode throughput; a prompt's are none."""
    facts = []
    for index, test in enumerate(document):
        if (rate := number(test["avg_ts"])) is not None and number(test["n_prompt"]) == 0:
            facts.append(Fact("tokens_per_second", rate, file, pointer(index, "avg_ts")))
            if (tokens := number(test["n_gen"])) is not None:
                facts.append(Fact("tokens_per_iteration", tokens, file, pointer(index, "n_gen")))
            if isinstance(samples := test["samples_ns"], list):
                count = len(samples)
                facts.append(Fact("iterations", count, file, pointer(index, "samples_ns"), "samples counted"))
        for key, quantity in _QUANTITIES.items():
            if (value := number(test.get(key))) is not None:
                facts.append(Fact(quantity, value, file, pointer(index, key)))
        if (size := number(test.get("model_size"))) is not None:
            place = pointer(index, "model_size")
            facts.append(Fact("export_gib", size / GIB, file, place, "bytes / 2^30"))
    return Receipt(file, "llama-bench", document, facts=tuple(facts), subjects=subjects_of(file, document))
