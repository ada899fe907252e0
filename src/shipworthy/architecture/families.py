"""Decoder families as a table: their names in each format, and what distinguishes their tensors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

RotaryLayout = Literal["halves", "interleaved"]

_BIASES = tuple(f"self_attn.{part}_proj.bias" for part in "qkv")
_QK_NORMS = ("self_attn.q_norm.weight", "self_attn.k_norm.weight")


@dataclass(frozen=True)
class Family:
    """One decoder family.

    `name` is llama.cpp's `general.architecture`, `hf_class` and `hf_model_type` are Hugging Face's names.
    `gguf_rotary` is the layout in which llama.cpp expects q and k rows; Hugging Face, `.apr` and our
    decoder always use halves. `qk_norm` families normalize each head of q and k before the rotation, and
    always state their head size: transformers and llama.cpp take different ones where it is absent.
    """

    name: str
    hf_class: str
    hf_model_type: str
    attention_bias: bool
    gguf_rotary: RotaryLayout
    default_rope_theta: float
    qk_norm: bool = False


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("llama", "LlamaForCausalLM", "llama", False, "interleaved", 1e4),
        Family("qwen2", "Qwen2ForCausalLM", "qwen2", True, "halves", 1e6),
        Family("qwen3", "Qwen3ForCausalLM", "qwen3", False, "halves", 1e6, qk_norm=True),
    )
}

HF_CLASS_TO_NAME = {family.hf_class: family.name for family in FAMILIES.values()}
"""Hugging Face class to llama.cpp name. Only families this project can train and export."""


def canonical_name(label: str) -> str | None:
    """The llama.cpp name for either spelling of a family, or None for one we do not know. Idempotent."""
    if label in FAMILIES:
        return label
    return HF_CLASS_TO_NAME.get(label)


def families_by_evidence(tensor_names: set[str]) -> set[str]:
    """The families whose tensors these names can be: q/k/v biases mean qwen2, norms of q and k qwen3,
    neither llama.

    Empty where the names are those of a family outside the table (both are nobody's here).
    """
    biased, normed = has_attention_bias(tensor_names), has_qk_norm(tensor_names)
    return {
        family.name
        for family in FAMILIES.values()
        if family.attention_bias == biased and family.qk_norm == normed
    }


def has_attention_bias(tensor_names: Iterable[str]) -> bool:
    """Whether any of q, k and v has a bias."""
    return any(name.endswith(_BIASES) for name in tensor_names)


def has_qk_norm(tensor_names: Iterable[str]) -> bool:
    """Whether q or k is normalized head by head."""
    return any(name.endswith(_QK_NORMS) for name in tensor_names)
