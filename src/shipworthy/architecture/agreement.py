"""Whether metadata tells the truth about the tensors it stands beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .families import canonical_name, families_by_evidence

Shapes = Mapping[str, tuple[int, ...]]

_LAYER = re.compile(r"^model\.layers\.(\d+)\.")
_EMBEDDING = "model.embed_tokens.weight"
_GATE = "model.layers.0.mlp.gate_proj.weight"
_Q = "model.layers.0.self_attn.q_proj.weight"
_K = "model.layers.0.self_attn.k_proj.weight"
_Q_NORM = "model.layers.0.self_attn.q_norm.weight"


@dataclass(frozen=True)
class Disagreement:
    """One field, or product of fields, and what the tensors have instead: None where none can tell."""

    field: str
    stated: Any
    found: int | str | None
    sentence: str


def disagreements(metadata: Mapping[str, Any], shapes: Shapes) -> list[str]:
    """One sentence per stated field that the tensors contradict. Shapes are [out, in].

    A tensor that a field would be compared with and that is absent is a disagreement too.
    """
    return [problem.sentence for problem in against_tensors(metadata, shapes)]


def against_tensors(metadata: Mapping[str, Any], shapes: Shapes) -> list[Disagreement]:
    """The same, each with the field and both sides."""
    return [
        *_dimension_disagreements(metadata, shapes),
        *_label_disagreements(metadata, shapes),
    ]


def _dimension_disagreements(metadata: Mapping[str, Any], shapes: Shapes) -> list[Disagreement]:
    layers = [int(match[1]) for name in shapes if (match := _LAYER.match(name))]
    head_dim = metadata.get("head_dim")
    heads, kv_heads, hidden = (metadata.get(name) for name in ("num_heads", "num_kv_heads", "hidden_size"))
    if head_dim is None and isinstance(heads, int) and isinstance(hidden, int) and heads:
        head_dim = hidden // heads
    observed: tuple[tuple[str, Any, str, int | None], ...] = (
        ("hidden_size", hidden, "embedding columns", _axis(shapes, _EMBEDDING, 1)),
        ("vocab_size", metadata.get("vocab_size"), "embedding rows", _axis(shapes, _EMBEDDING, 0)),
        ("intermediate_size", metadata.get("intermediate_size"), "gate rows", _axis(shapes, _GATE, 0)),
        ("num_layers", metadata.get("num_layers"), "highest layer index + 1", _layer_count(layers)),
        ("num_heads x head_dim", _product(heads, head_dim), "q_proj rows", _axis(shapes, _Q, 0)),
        ("num_kv_heads x head_dim", _product(kv_heads, head_dim), "k_proj rows", _axis(shapes, _K, 0)),
        *(
            [("head_dim", head_dim, "q_norm elements", _axis(shapes, _Q_NORM, 0))]
            if _Q_NORM in shapes
            else []
        ),
    )
    return [
        Disagreement(
            field,
            stated,
            found,
            f"{field} is {stated}, but the tensors have {found if found is not None else 'no'} {what}",
        )
        for field, stated, what, found in observed
        if stated is not None and stated != found
    ]


def _label_disagreements(metadata: Mapping[str, Any], shapes: Shapes) -> list[Disagreement]:
    label = metadata.get("architecture")
    if label is None:
        return []
    evidence = families_by_evidence(set(shapes))
    name = canonical_name(label) if isinstance(label, str) else None
    if name in evidence:
        return []
    found = " or ".join(sorted(evidence)) or None
    sentence = f"architecture is {label!r}, but the tensors are those of {found or 'none that is known'}"
    return [Disagreement("architecture", label, found, sentence)]


def _layer_count(indices: list[int]) -> int | None:
    return max(indices) + 1 if indices else None


def _axis(shapes: Shapes, name: str, axis: int) -> int | None:
    shape = shapes.get(name)
    return shape[axis] if shape is not None and len(shape) > axis else None


def _product(left: Any, right: Any) -> int | None:
    return left * right if isinstance(left, int) and isinstance(right, int) else None
