"""The learning rate over a run: a linear warm-up, then half a cosine (Loshchilov and Hutter 2017)."""

from __future__ import annotations

import math

FLOOR = 0.1
"""The last step's rate as a fraction of the highest."""


def learning_rate(step: int, *, steps: int, warmup: int, highest: float) -> float:
    """The rate of step 1..steps: rising to `highest` at step `warmup`, then falling to a tenth of it."""
    if step <= warmup:
        return highest * step / warmup
    progress = (step - warmup) / (steps - warmup)
    return highest * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * progress)))
