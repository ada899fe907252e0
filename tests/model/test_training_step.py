"""One training step learns, clips, and decays matrices only."""

from __future__ import annotations

import torch

from shipworthy.model import Decoder, make_optimizer, next_token_loss, training_step, validation_loss


def test_repeated_steps_on_one_batch_lower_its_loss(decoder: Decoder, tokens: torch.Tensor) -> None:
    optimizer = make_optimizer(decoder, learning_rate=1e-2, weight_decay=0.1)
    losses = [
        training_step(
            decoder, optimizer, tokens, learning_rate=1e-2, gradient_clip=1.0, compute=torch.float32
        )[0].item()
        for _ in range(20)
    ]
    assert losses[-1] < 0.5 * losses[0]


def test_loss_is_the_mean_cross_entropy_of_the_next_token(decoder: Decoder, tokens: torch.Tensor) -> None:
    log_probabilities = decoder(tokens[:, :-1]).log_softmax(-1)
    expected = -log_probabilities.gather(2, tokens[:, 1:, None]).mean()
    torch.testing.assert_close(next_token_loss(decoder, tokens), expected)
    torch.testing.assert_close(validation_loss(decoder, tokens, torch.float32), expected.detach())


def test_only_matrices_decay(decoder: Decoder) -> None:
    decayed, kept = make_optimizer(decoder, learning_rate=1e-3, weight_decay=0.1).param_groups
    assert decayed["weight_decay"] == 0.1
    assert kept["weight_decay"] == 0.0
    assert {p.dim() for p in decayed["params"]} == {2}
    assert {p.dim() for p in kept["params"]} == {1}
    assert len(decayed["params"]) + len(kept["params"]) == len(list(decoder.parameters()))


def test_the_update_is_made_with_the_clipped_gradient(decoder: Decoder, tokens: torch.Tensor) -> None:
    optimizer = make_optimizer(decoder, learning_rate=1e-3, weight_decay=0.0)
    _, norm = training_step(
        decoder, optimizer, tokens, learning_rate=1e-3, gradient_clip=1e-3, compute=torch.float32
    )
    clipped = torch.stack([p.grad.norm() for p in decoder.parameters() if p.grad is not None]).norm()
    assert norm > 1e-3
    torch.testing.assert_close(clipped.item(), 1e-3, rtol=1e-2, atol=0)


def test_the_rate_that_is_asked_for_is_used(decoder: Decoder, tokens: torch.Tensor) -> None:
    optimizer = make_optimizer(decoder, learning_rate=1e-3, weight_decay=0.1)
    before = {name: p.detach().clone() for name, p in decoder.named_parameters()}
    training_step(decoder, optimizer, tokens, learning_rate=0.0, gradient_clip=1.0, compute=torch.float32)
    assert all(torch.equal(before[name], p) for name, p in decoder.named_parameters())


def test_bf16_autocast_keeps_float32_parameters(decoder: Decoder, tokens: torch.Tensor) -> None:
    optimizer = make_optimizer(decoder, learning_rate=1e-3, weight_decay=0.1)
    exact = next_token_loss(decoder, tokens).item()
    loss, _ = training_step(
        decoder, optimizer, tokens, learning_rate=1e-3, gradient_clip=1.0, compute=torch.bfloat16
    )
    assert {p.dtype for p in decoder.parameters()} == {torch.float32}
    assert loss.dtype == torch.float32
    assert 0 < abs(loss.item() - exact) < 0.05
