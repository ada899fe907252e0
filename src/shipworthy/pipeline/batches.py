"""Windows of a token stream, grouped into batches; a stream that is too short is an error, never wrapped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import UsageError


def window_count(tokens: int, length: int) -> int:
    """How many windows of `length` inputs and as many targets, shifted by one, lie in `tokens` ids."""
    return max(0, (tokens - 1) // length)


def windows(stream: np.ndarray, length: int, chosen: np.ndarray) -> np.ndarray:
    """The chosen windows, [len(chosen), length + 1] int64; window i begins at i x length."""
    columns = np.arange(length + 1)
    return stream[chosen[:, None] * length + columns].astype(np.int64)


def require_windows(name: str, stream: np.ndarray, *, needed: int, length: int) -> int:
    """How many windows the stream has. Raises UsageError where that is fewer than `needed`."""
    count = window_count(len(stream), length)
    if count < needed:
        raise UsageError(
            "corpus-too-short",
            f"the {name} side of the corpus has {len(stream):,} tokens; {needed} windows of {length} tokens "
            f"need {needed * length + 1:,}",
            fix="give more text, or shorter or fewer batches",
        )
    return count


def held_out_batches(stream: np.ndarray, *, length: int, batch_size: int, batches: int) -> list[np.ndarray]:
    """The same batches each time: windows spaced evenly over the whole held-out stream."""
    needed = batches * batch_size
    count = require_windows("held_out", stream, needed=needed, length=length)
    chosen = np.arange(needed) * count // needed
    return [windows(stream, length, part) for part in np.split(chosen, batches)]


def epoch_batches(
    stream: np.ndarray, *, length: int, batch_size: int, steps: int, seed: int, epoch: int
) -> Iterator[np.ndarray]:
    """`steps` batches of one epoch, no window twice, in an order drawn from seed and epoch."""
    count = require_windows("training", stream, needed=steps * batch_size, length=length)
    order = np.random.default_rng([seed, epoch]).permutation(count)[: steps * batch_size]
    for part in np.split(order, steps):
        yield windows(stream, length, part)
