"""The decoder of the llama, qwen2 and qwen3 families: what a checkpoint's tensors mean.

Pre-norm blocks of grouped-query attention with rotary positions (Su et al. 2021, in the layout that
rotates the two halves of a head) and SwiGLU (Shazeer 2020), with RMSNorm (Zhang and Sennrich 2019).
The families differ in biases on q, k and v (qwen2) and in an RMSNorm of each head of q and k (qwen3).
The keys of `state_dict()` are Hugging Face's tensor names.

Shapes in comments: B sequences, T positions of this call, S positions seen in all, C hidden size,
H query heads, K key/value heads, D head size, V vocabulary rows.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..architecture import ArchitectureConfig
from ..errors import UsageError


class KVCache:
    """Keys and values of the positions already seen: buffers of a fixed size, `length` of it used."""

    def __init__(
        self,
        config: ArchitectureConfig,
        *,
        batch: int,
        positions: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        shape = (config.num_layers, batch, config.num_kv_heads, positions, config.head_dim)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.length = 0

    @property
    def positions(self) -> int:
        """How many positions fit."""
        return self.keys.shape[3]

    def reserve(self, count: int) -> None:
        """Raise UsageError unless `count` more positions fit."""
        if self.length + count > self.positions:
            raise UsageError(
                "kv-cache-full",
                f"the key/value cache holds {self.positions} positions, {self.length} are used, "
                f"{count} more are asked for",
                fix="ask for fewer tokens or make the cache larger",
            )

    def store(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write [B, K, T, D] behind what is there; returns all positions, [B, K, S, D]."""
        end = self.length + keys.shape[2]
        self.keys[layer, :, :, self.length : end] = keys
        self.values[layer, :, :, self.length : end] = values
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]

    def reset(self) -> None:
        """Forget every position; the buffers stay."""
        self.length = 0


class RMSNorm(nn.Module):
    """x / sqrt(mean(x^2) + eps), times a weight per element of the last dimension."""

    def __init__(self, size: int, eps: float, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size, device=device, dtype=dtype))

    def forward(self, x: Tensor) -> Tensor:
        """[..., C] to the same, computed in the weight's dtype: autocast gives heads in a smaller one."""
        normalized = F.rms_norm(x.to(self.weight.dtype), self.weight.shape, self.weight, self.eps)
        return normalized.to(x.dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (x[i], x[i + D/2]) of [B, heads, T, D] by its position's angle.

    cos and sin are [T, D].
    """
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


def rotary_angles(
    head_dim: int, rope_theta: float, start: int, length: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """cos and sin, [T, D] float32, of the angles position / theta^(2i/D), each half of D alike."""
    even = torch.arange(0, head_dim, 2, device=device, dtype=torch.float32)
    frequencies = 1.0 / rope_theta ** (even / head_dim)
    positions = torch.arange(start, start + length, device=device, dtype=torch.float32)
    angles = torch.outer(positions, frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()


class Attention(nn.Module):
    """Causal grouped-query attention: each of K key/value heads serves H / K query heads."""

    def __init__(
        self, config: ArchitectureConfig, layer: int, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.layer = layer
        self.head_dim = config.head_dim
        hidden, bias = config.hidden_size, config.attention_bias
        q_rows, kv_rows = config.num_heads * config.head_dim, config.num_kv_heads * config.head_dim
        self.q_proj = nn.Linear(hidden, q_rows, bias=bias, device=device, dtype=dtype)
        self.k_proj = nn.Linear(hidden, kv_rows, bias=bias, device=device, dtype=dtype)
        self.v_proj = nn.Linear(hidden, kv_rows, bias=bias, device=device, dtype=dtype)
        self.o_proj = nn.Linear(q_rows, hidden, bias=False, device=device, dtype=dtype)
        self.q_norm: RMSNorm | None = None
        self.k_norm: RMSNorm | None = None
        if config.qk_norm:
            self.q_norm = RMSNorm(config.head_dim, config.rms_norm_eps, device=device, dtype=dtype)
            self.k_norm = RMSNorm(config.head_dim, config.rms_norm_eps, device=device, dtype=dtype)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, causal: bool, cache: KVCache | None
    ) -> Tensor:
        """[B, T, C] to the same."""
        batch, length, _ = x.shape
        heads = (batch, length, -1, self.head_dim)
        q, k, v = (project(x).view(heads) for project in (self.q_proj, self.k_proj, self.v_proj))
        if self.q_norm is not None and self.k_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)  # [B, H, T, D], [B, K, T, D] twice
        cos, sin = cos.to(q.dtype), sin.to(q.dtype)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            k, v = cache.store(self.layer, k, v)  # [B, K, S, D]
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal, enable_gqa=True)
        out: Tensor = self.o_proj(mixed.transpose(1, 2).reshape(batch, length, -1))
        return out


class MLP(nn.Module):
    """SwiGLU: down(silu(gate(x)) * up(x))."""

    def __init__(self, config: ArchitectureConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        hidden, inner = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(hidden, inner, bias=False, device=device, dtype=dtype)
        self.up_proj = nn.Linear(hidden, inner, bias=False, device=device, dtype=dtype)
        self.down_proj = nn.Linear(inner, hidden, bias=False, device=device, dtype=dtype)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] to the same."""
        out: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return out


class Block(nn.Module):
    """One layer: attention, then SwiGLU, each on the normalized stream and added to it."""

    def __init__(
        self, config: ArchitectureConfig, layer: int, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__()
        size, eps = config.hidden_size, config.rms_norm_eps
        self.input_layernorm = RMSNorm(size, eps, device=device, dtype=dtype)
        self.self_attn = Attention(config, layer, device=device, dtype=dtype)
        self.post_attention_layernorm = RMSNorm(size, eps, device=device, dtype=dtype)
        self.mlp = MLP(config, device=device, dtype=dtype)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, causal: bool, cache: KVCache | None
    ) -> Tensor:
        """[B, T, C] to the same."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask, causal, cache)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class Trunk(nn.Module):
    """Embedding, layers and final norm: everything below the output projection."""

    def __init__(self, config: ArchitectureConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.head_dim, self.rope_theta = config.head_dim, config.rope_theta
        shape = (config.vocab_size, config.hidden_size)
        # On `meta` nothing is drawn: torch would import its compiler for it, which takes seconds.
        given = torch.empty(shape, device=device, dtype=dtype) if device.type == "meta" else None
        self.embed_tokens = nn.Embedding(*shape, _weight=given, device=device, dtype=dtype)
        self.layers = nn.ModuleList(
            Block(config, layer, device=device, dtype=dtype) for layer in range(config.num_layers)
        )
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps, device=device, dtype=dtype)

    def rotary(self, start: int, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """`rotary_angles` of this model."""
        return rotary_angles(self.head_dim, self.rope_theta, start, length, device)

    def forward(self, tokens: Tensor, cache: KVCache | None = None) -> Tensor:
        """[B, T] int64 to the normalized stream [B, T, C]; a cache is filled and advanced by T."""
        length = tokens.shape[1]
        start = 0 if cache is None else cache.length
        cos, sin = self.rotary(start, length, tokens.device)
        mask = None
        if start > 0 and length > 1:
            mask = torch.ones(length, start + length, device=tokens.device, dtype=torch.bool).tril(start)
        causal = start == 0 and length > 1
        if cache is not None:
            cache.reserve(length)
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin, mask, causal, cache)
        if cache is not None:
            cache.length += length
        normalized: Tensor = self.norm(x)
        return normalized


class Decoder(nn.Module):
    """Tokens to next-token logits. `load_decoder` makes one with a checkpoint's weights."""

    def __init__(
        self, config: ArchitectureConfig, *, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.config = config
        self.model = Trunk(config, device=device, dtype=dtype)
        self.lm_head: nn.Linear | None = None
        if not config.tied_embeddings:
            self.lm_head = nn.Linear(
                config.hidden_size, config.vocab_size, bias=False, device=device, dtype=dtype
            )

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.model.norm.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """What the parameters are stored as."""
        return self.model.norm.weight.dtype

    def new_cache(self, batch: int, positions: int) -> KVCache:
        """An empty cache on the decoder's device and in its dtype."""
        return KVCache(self.config, batch=batch, positions=positions, device=self.device, dtype=self.dtype)

    def project(self, x: Tensor) -> Tensor:
        """The normalized stream [..., C] to logits [..., V]."""
        weight = self.model.embed_tokens.weight if self.lm_head is None else self.lm_head.weight
        return F.linear(x, weight)

    def forward(self, tokens: Tensor, cache: KVCache | None = None) -> Tensor:
        """[B, T] int64 to logits [B, T, V]; with a cache, T more positions after those it holds."""
        return self.project(self.model(tokens, cache))


@torch.inference_mode()
def prefill_logits(decoder: Decoder, tokens: Tensor) -> Tensor:
    """Logits [B, T, V] of whole sequences [B, T], without gradients or cache."""
    logits: Tensor = decoder(tokens)
    return logits
