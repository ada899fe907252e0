"""One step of training and one step of decoding, as they run on every device, `meta` included."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from .decoder import Decoder, KVCache

Kernel = Literal["fused", "foreach"]


@contextlib.contextmanager
def autocast(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Matrix products in `dtype` where it is not float32; parameters and norms stay as they are."""
    if dtype == torch.float32:
        yield
        return
    with torch.autocast(device.type, dtype=dtype):
        yield


def next_token_loss(decoder: Decoder, window: Tensor) -> Tensor:
    """Mean cross-entropy in nats of each token of [B, T + 1] int64 after the first, given those before it."""
    logits = decoder(window[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1).float(), window[:, 1:].flatten())


def make_optimizer(
    decoder: Decoder, *, learning_rate: float, weight_decay: float, kernel: Kernel = "fused"
) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019), betas 0.9 and 0.95; decay on matrices, not on norms and biases."""
    matrices = [p for p in decoder.parameters() if p.dim() >= 2]
    vectors = [p for p in decoder.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    fused, foreach = kernel == "fused", kernel == "foreach"
    return torch.optim.AdamW(
        groups, lr=learning_rate, betas=(0.9, 0.95), eps=1e-8, fused=fused, foreach=foreach
    )


def training_step(
    decoder: Decoder,
    optimizer: torch.optim.Optimizer,
    window: Tensor,
    *,
    learning_rate: float,
    gradient_clip: float,
    compute: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """Forward, backward, clip, update on one batch [B, T + 1] int64.

    Returns the loss before the update and the norm of the gradient before clipping, as scalar tensors on
    the decoder's device, so that only the caller waits for them.
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    optimizer.zero_grad(set_to_none=True)
    with autocast(window.device, compute):
        loss = next_token_loss(decoder, window)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves Tensor.backward unannotated
    norm = torch.nn.utils.clip_grad_norm_(decoder.parameters(), gradient_clip)
    optimizer.step()
    return loss.detach(), norm.detach()


@torch.inference_mode()
def validation_loss(decoder: Decoder, window: Tensor, compute: torch.dtype) -> Tensor:
    """`next_token_loss` without gradients, a scalar tensor."""
    with autocast(window.device, compute):
        return next_token_loss(decoder, window)


@torch.inference_mode()
def decode_step(decoder: Decoder, tokens: Tensor, cache: KVCache) -> Tensor:
    """Feed [B, T] int64 behind the cache; the last position's logits, [B, V] float32."""
    hidden = decoder.model(tokens, cache)
    return decoder.project(hidden[:, -1]).float()
