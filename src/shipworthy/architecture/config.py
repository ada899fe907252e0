"""The constants of one decoder, and what follows from them: tensor shapes and parameter count."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .families import FAMILIES


@dataclass(frozen=True)
class ArchitectureConfig:
    """A decoder's constants. Lengths count elements; `rope_theta` is the rotary base."""

    architecture: str
    hidden_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    rope_theta: float
    rms_norm_eps: float
    tied_embeddings: bool
    attention_bias: bool
    qk_norm: bool = False

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the model under its Hugging Face name, weights as [out, in]; the set is closed."""
        hidden, inner = self.hidden_size, self.intermediate_size
        q_rows, kv_rows = self.num_heads * self.head_dim, self.num_kv_heads * self.head_dim
        shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (self.vocab_size, hidden)}
        for layer in range(self.num_layers):
            prefix = f"model.layers.{layer}."
            for part, rows in (("q", q_rows), ("k", kv_rows), ("v", kv_rows)):
                shapes[f"{prefix}self_attn.{part}_proj.weight"] = (rows, hidden)
                if self.attention_bias:
                    shapes[f"{prefix}self_attn.{part}_proj.bias"] = (rows,)
            if self.qk_norm:
                for part in "qk":
                    shapes[f"{prefix}self_attn.{part}_norm.weight"] = (self.head_dim,)
            shapes[f"{prefix}self_attn.o_proj.weight"] = (hidden, q_rows)
            shapes[f"{prefix}mlp.gate_proj.weight"] = (inner, hidden)
            shapes[f"{prefix}mlp.up_proj.weight"] = (inner, hidden)
            shapes[f"{prefix}mlp.down_proj.weight"] = (hidden, inner)
            shapes[f"{prefix}input_layernorm.weight"] = (hidden,)
            shapes[f"{prefix}post_attention_layernorm.weight"] = (hidden,)
        shapes["model.norm.weight"] = (hidden,)
        if not self.tied_embeddings:
            shapes["lm_head.weight"] = (self.vocab_size, hidden)
        return shapes

    def param_count(self) -> int:
        """Number of trained scalars; tied embeddings count once."""
        return sum(math.prod(shape) for shape in self.tensor_shapes().values())

    def to_metadata(self) -> dict[str, Any]:
        """These constants under the field names of `.apr` metadata, in that format's order."""
        family = FAMILIES[self.architecture]
        return {
            "model_type": family.name,
            "param_count": self.param_count(),
            "architecture": family.name,
            "hf_architecture": family.hf_class,
            "hf_model_type": family.hf_model_type,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "num_kv_heads": self.num_kv_heads,
            "vocab_size": self.vocab_size,
            "intermediate_size": self.intermediate_size,
            "max_position_embeddings": self.max_position_embeddings,
            "rope_theta": self.rope_theta,
            "rope_type": 0 if family.gguf_rotary == "interleaved" else 2,
            "rms_norm_eps": self.rms_norm_eps,
            "head_dim": self.head_dim,
        }
