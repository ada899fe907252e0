"""The exact order-statistic interval of a median."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

LEVEL = 0.9375
"""What the interval of a median is to cover, as [min, max] of five samples does."""


def median_rank(n: int) -> int:
    """The rank k: the k-th smallest and k-th largest of n samples enclose the median at LEVEL or more.

    The largest such k, or 1, that is [min, max], where n is too small for any.
    """
    return max((k for k in range(1, (n + 1) // 2 + 1) if _covered(n, k) >= LEVEL), default=1)


def median_level(n: int) -> float:
    """The confidence with which `median_interval` covers the median; 1 - 2^(1-n) for [min, max].

    The exact order-statistic interval (David and Nagaraja, Order Statistics, 7.1).
    """
    return _covered(n, median_rank(n))


def _covered(n: int, k: int) -> float:
    return float(1.0 - 2.0 * sum(math.comb(n, i) for i in range(k)) / 2.0**n)


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Both ends of the order-statistic interval of the median; `values` are not empty."""
    ordered, k = sorted(values), median_rank(len(values))
    return ordered[k - 1], ordered[len(ordered) - k]


def of_slowest_run(runs: Sequence[Sequence[float]], unit: str) -> dict[str, Any]:
    """The interval that decides: the least low end of any run, and the least high end of any run.

    So it is above a floor where every run's is, and below it where any run's is.
    """
    ends = [median_interval(values) for values in runs]
    counts = [len(values) for values in runs]
    return {
        "low": min(low for low, _ in ends),
        "high": min(high for _, high in ends),
        "level": min(median_level(n) for n in counts),
        "n": min(counts),
        "unit": unit,
    }
