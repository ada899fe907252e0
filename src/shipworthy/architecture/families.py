"""Decoder families as a table: their names in each format, and what distinguishes their tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RotaryLayout = Literal["halves", "interleaved"]


@dataclass(frozen=True)
class Family:
    """One decoder family.

    `name` is llama.cpp's `general.architecture`, `hf_class` and `hf_model_type` are Hugging Face's names.
    `gguf_rotary` is the layout in which llama.cpp expects q and k rows; Hugging Face, `.apr` and our
    decoder always use halves.
    """

    name: str
    hf_class: str
    hf_model_type: str
    attention_bias: bool
    gguf_rotary: RotaryLayout
    default_rope_theta: float


FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Family("llama", "LlamaForCausalLM", "llama", False, "interleaved", 1e4),
        Family("qwen2", "Qwen2ForCausalLM", "qwen2", True, "halves", 1e6),
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
    """The families whose tensors these names can be: q/k/v biases mean qwen2, their absence llama.

    Empty where the names are those of a family outside the table (q_norm is qwen3's).
    """
    if any(name.endswith(("self_attn.q_norm.weight", "self_attn.k_norm.weight")) for name in tensor_names):
        return set()
    biased = any(name.endswith(f"self_attn.{part}_proj.bias") for part in "qkv" for name in tensor_names)
    return {family.name for family in FAMILIES.values() if family.attention_bias == biased}
