"""Decoding one position at a time, as fast as the memory gives the weights.

At a few rows a step reads every weight once and computes little, so its floor is bytes over bandwidth. The
engine therefore joins the matrices that share an input (one call for q, k and v, one for gate and up), lays
them out for few rows, keeps the angles of every position, and holds keys and values in buffers of a fixed
size. On CUDA a step is captured once and replayed as a graph, so that no launch is waited for.

Shapes: B sequences, T positions of a call, S positions in all, C hidden size, H query heads, K key/value
heads, G = H / K, D head size, V vocabulary rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from .decoder import Block, Decoder
from .rows import Rows


@dataclass(frozen=True)
class _Layer:
    """A block's weights; `heads_norm` is the weight of the norms of q and k, [H + K, D]."""

    attention_norm: Tensor
    query_key_value: Rows
    heads_norm: Tensor | None
    out: Rows
    mlp_norm: Tensor
    gate_up: Rows
    down: Rows


class DecodeEngine:
    """A decoder's weights and a cache for `batch` sequences of at most `positions` positions.

    It takes the weights over: the decoder it is made from is empty afterwards, so that memory holds them
    once. Every sequence of a batch has the same length.
    """

    def __init__(self, decoder: Decoder, *, batch: int, positions: int) -> None:
        config = decoder.config
        self.config, self.device, self.dtype = config, decoder.device, decoder.dtype
        self.batch = batch
        self._rotary = decoder.model.rotary
        self.resize(positions)
        self._embedding = decoder.model.embed_tokens.weight.detach()
        head = decoder.lm_head
        self._head = Rows(self._embedding if head is None else head.weight.detach(), None, batch)
        self._norm = decoder.model.norm.weight.detach()
        self._layers = [_taken(block, batch) for block in decoder.model.layers if isinstance(block, Block)]
        decoder.to_empty(device=torch.device("meta"))

    def resize(self, positions: int) -> None:
        """Make room for at most `positions` positions and forget those that were there.

        Raises UsageError context-exceeded where the model has not as many.
        """
        config, limit = self.config, self.config.max_position_embeddings
        if not 1 <= positions <= limit or self.batch < 1:
            raise UsageError(
                "context-exceeded",
                f"{self.batch} x {positions} positions are asked for, the model's context is {limit}",
                fix="ask for fewer",
            )
        self.positions, self.length = positions, 0
        shape = (config.num_layers, 2, self.batch, config.num_kv_heads, positions, config.head_dim)
        self._cache = torch.zeros(shape, device=self.device, dtype=self.dtype)
        cos, sin = (angle.to(self.dtype) for angle in self._rotary(0, positions, self.device))
        half = config.head_dim // 2
        self._cos, self._sin = cos, torch.cat((-sin[:, :half], sin[:, half:]), dim=-1)
        self._places = torch.arange(positions, device=self.device)
        self._graph: _Graph | None = None

    def reset(self) -> None:
        """Forget every position; the buffers stay."""
        self.length = 0

    def tensors(self) -> list[Tensor]:
        """Every weight that a step reads, and the cache, the last: what proves where a step runs."""
        weights = [self._norm, self._head.weight]
        for layer in self._layers:
            rows = (layer.query_key_value, layer.out, layer.gate_up, layer.down)
            weights += [layer.attention_norm, layer.mlp_norm, *(row.weight for row in rows)]
        return [*weights, self._cache]

    def weight_bytes(self) -> int:
        """Bytes of weights that one step reads: all but the rows of the embedding that no token of it has."""
        count = sum(tensor.numel() * tensor.element_size() for tensor in self.tensors()[:-1])
        return count + self.batch * self.config.hidden_size * self._embedding.element_size()

    @torch.inference_mode()
    def prefill(self, tokens: Tensor) -> Tensor:
        """Feed [B, T] int64 to the empty cache; the last position's logits, [B, V] float32.

        Raises UsageError kv-cache-full where they do not fit.
        """
        count = tokens.shape[1]
        self.reset()
        self._reserve(count)
        places = self._places[:count]
        hidden = self._hidden(tokens, places, window=count, mask=None)
        self.length = count
        return self._logits(hidden[:, -1])

    @torch.inference_mode()
    def step(self, tokens: Tensor) -> Tensor:
        """Feed [B] int64 behind the cache; their logits, [B, V] float32, valid until the next step.

        Raises UsageError kv-cache-full.
        """
        self._reserve(1)
        if self.device.type == "cuda":
            self._graph = self._graph or _Graph(self)
            logits = self._graph.replay(tokens, self.length)
        else:
            place = self._places[self.length : self.length + 1]
            logits = self._logits(self._hidden(tokens[:, None], place, self.length + 1, None)[:, 0])
        self.length += 1
        return logits

    def fixed_step(self, tokens: Tensor, place: Tensor) -> Tensor:
        """A step of tensors [B] and [1] alone, no shape of which depends on the position: what a graph is of.

        It reads the whole cache and masks what lies behind `place`.
        """
        mask = (self._places <= place)[None, None, None]
        return self._logits(self._hidden(tokens[:, None], place, self.positions, mask)[:, 0])

    def _reserve(self, count: int) -> None:
        if self.length + count > self.positions:
            raise UsageError(
                "kv-cache-full",
                f"the key/value cache holds {self.positions} positions, {self.length} are used, "
                f"{count} more are asked for",
                fix="ask for fewer tokens or make the cache larger",
            )

    def _logits(self, hidden: Tensor) -> Tensor:
        return self._head(self._normalized(hidden, self._norm)).float()

    def _normalized(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(x, x.shape[-1:], weight, self.config.rms_norm_eps)

    def _hidden(self, tokens: Tensor, places: Tensor, window: int, mask: Tensor | None) -> Tensor:
        """[B, T] at `places` [T] to [B, T, C], the cache filled there; the first `window` positions are seen.

        Of more than one position each sees itself and those before it.
        """
        x = F.embedding(tokens, self._embedding)
        cos, sin = (table.index_select(0, places)[:, None] for table in (self._cos, self._sin))
        for number, layer in enumerate(self._layers):
            normalized = self._normalized(x, layer.attention_norm)
            x = x + self._attended(number, layer, normalized, (cos, sin), places, window, mask)
            gate, up = layer.gate_up(self._normalized(x, layer.mlp_norm)).chunk(2, dim=-1)
            x = x + layer.down(F.silu(gate) * up)
        return x

    def _attended(
        self,
        number: int,
        layer: _Layer,
        x: Tensor,
        angles: tuple[Tensor, Tensor],
        places: Tensor,
        window: int,
        mask: Tensor | None,
    ) -> Tensor:
        config = self.config
        batch, length, _ = x.shape
        heads, kv_heads = config.num_heads, config.num_kv_heads
        mixed = layer.query_key_value(x).view(batch, length, heads + 2 * kv_heads, config.head_dim)
        turned, values = torch.split(mixed, [heads + kv_heads, kv_heads], dim=2)
        if layer.heads_norm is not None:
            # A norm with a weight for each head is one without, times the weights.
            turned = F.rms_norm(turned, (config.head_dim,), None, config.rms_norm_eps) * layer.heads_norm
        cos, sin = angles
        turned = turned * cos + turned.roll(config.head_dim // 2, dims=-1) * sin
        queries, keys = torch.split(turned, [heads, kv_heads], dim=2)
        cached_keys, cached_values = self._cache[number]
        cached_keys.index_copy_(2, places, keys.transpose(1, 2))
        cached_values.index_copy_(2, places, values.transpose(1, 2))
        seen_keys, seen_values = cached_keys[:, :, :window], cached_values[:, :, :window]  # [B, K, S, D]
        if length == 1:
            # The queries that share keys are rows of one product: [B, K, G, D].
            grouped = queries.reshape(batch, kv_heads, heads // kv_heads, config.head_dim)
            attended = F.scaled_dot_product_attention(grouped, seen_keys, seen_values, attn_mask=mask)
            return layer.out(attended.reshape(batch, 1, -1))
        attended = F.scaled_dot_product_attention(
            queries.transpose(1, 2), seen_keys, seen_values, is_causal=True, enable_gqa=True
        )
        return layer.out(attended.transpose(1, 2).reshape(batch, length, -1))


class _Graph:
    """One step, captured on CUDA and replayed with other tokens at another place."""

    def __init__(self, engine: DecodeEngine) -> None:
        self._tokens = torch.zeros(engine.batch, device=engine.device, dtype=torch.int64)
        self._place = torch.full((1,), engine.length, device=engine.device, dtype=torch.int64)
        stream = torch.cuda.Stream(engine.device)  # type: ignore[no-untyped-call]  # torch leaves it so
        stream.wait_stream(torch.cuda.current_stream(engine.device))
        with torch.cuda.stream(stream):  # kernels are chosen and loaded before the capture
            for _ in range(3):
                engine.fixed_step(self._tokens, self._place)
        torch.cuda.current_stream(engine.device).wait_stream(stream)
        self._captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._captured):
            self._logits = engine.fixed_step(self._tokens, self._place)

    def replay(self, tokens: Tensor, place: int) -> Tensor:
        self._tokens.copy_(tokens)
        self._place.fill_(place)
        self._captured.replay()
        return self._logits


def _taken(block: Block, batch: int) -> _Layer:
    """A block's weights, joined and laid out."""
    attention, mlp = block.self_attn, block.mlp
    heads_norm = None
    if attention.q_norm is not None and attention.k_norm is not None:
        q, k = attention.q_proj.out_features, attention.k_proj.out_features
        counts = (q // attention.head_dim, k // attention.head_dim)
        norms = (attention.q_norm.weight.detach(), attention.k_norm.weight.detach())
        heads_norm = torch.cat([w.expand(n, -1) for w, n in zip(norms, counts, strict=True)])
    layer = _Layer(
        attention_norm=block.input_layernorm.weight.detach(),
        query_key_value=_joined((attention.q_proj, attention.k_proj, attention.v_proj), batch),
        heads_norm=heads_norm,
        out=_joined((attention.o_proj,), batch),
        mlp_norm=block.post_attention_layernorm.weight.detach(),
        gate_up=_joined((mlp.gate_proj, mlp.up_proj), batch),
        down=_joined((mlp.down_proj,), batch),
    )
    block.to_empty(device=torch.device("meta"))
    return layer


def _joined(parts: Sequence[nn.Linear], batch: int) -> Rows:
    """Linear layers of one input as one."""
    weight = torch.cat([part.weight.detach() for part in parts])
    biases = [part.bias.detach() for part in parts if part.bias is not None]
    return Rows(weight, torch.cat(biases) if biases else None, batch)
