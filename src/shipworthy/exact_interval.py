"""The exact interval of a proportion: Clopper and Pearson 1934."""

from __future__ import annotations

import math
from collections.abc import Callable


def exact_interval(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """The proportions for which `successes` of `trials` is not too few or too many, at this confidence.

    Each end is where the binomial tail beyond what was seen is (1 - level) / 2. Raises ValueError where
    there was no trial or the counts cannot be.
    """
    if not 0 <= successes <= trials or trials < 1 or not 0 < level < 1:
        raise ValueError(f"{successes} of {trials} at level {level} has no interval")
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else _where(lambda p: 1 - _at_most(successes - 1, trials, p), tail)
    high = 1.0 if successes == trials else _where(lambda p: 1 - _at_most(successes, trials, p), 1 - tail)
    return low, high


def _at_most(successes: int, trials: int, p: float) -> float:
    """The probability of at most so many successes."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 0.0
    return math.fsum(
        math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * math.log(p)
            + (trials - k) * math.log1p(-p)
        )
        for k in range(successes + 1)
    )


def _where(rising: Callable[[float], float], target: float) -> float:
    """Where a function that rises from 0 to 1 takes a value, by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2
