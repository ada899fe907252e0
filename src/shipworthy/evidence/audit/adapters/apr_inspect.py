"""`apr inspect --json`: what a checkpoint's header and metadata state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..places import pointer
from ..receipt import GIB, Fact, Receipt, number
from .subjects import subjects_of

_QUANTITIES = {
    "tensor_count": "tensors",
    "num_layers": "num_layers",
    "num_heads": "num_heads",
    "num_kv_heads": "num_kv_heads",
    "hidden_size": "hidden_size",
    "intermediate_size": "intermediate_size",
    "vocab_size": "vocab_size",
    "max_position_embeddings": "max_position_embeddings",
    "rope_theta": "rope_theta",
    "param_count": "parameters",
    "total_params": "parameters",
    "size_bytes": "file_bytes",
    "file_size": "file_bytes",
}
_LABELS = ("architecture", "hf_architecture")


def recognises(document: Any) -> bool:
    """Whether a JSON value has the shape, that of `.apr` files or that of others."""
    if not isinstance(document, dict) or not {"file", "format", "tensor_count"} <= document.keys():
        return False
    return isinstance(document.get("metadata"), dict)


def read(file: str, document: dict[str, Any]) -> Receipt:
    """Its figures and labels, from the top and from `metadata`."""
    return Receipt(
        file,
        "apr-inspect",
        document,
        facts=tuple(_facts(file, document)),
        subjects=subjects_of(file, document),
    )


def _facts(file: str, document: dict[str, Any]) -> Iterator[Fact]:
    for prefix, holder in (((), document), (("metadata",), document["metadata"])):
        for key, quantity in _QUANTITIES.items():
            if (value := number(holder.get(key))) is not None:
                yield Fact(quantity, value, file, pointer(*prefix, key))
                if quantity == "file_bytes" and document["format"] == "GGUF":
                    yield Fact("export_gib", value / GIB, file, pointer(*prefix, key), "bytes / 2^30")
        for key in _LABELS:
            if isinstance(label := holder.get(key), str) and label != "unknown":
                yield Fact("architecture", label, file, pointer(*prefix, key))
