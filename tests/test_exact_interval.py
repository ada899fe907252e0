"""The exact interval of a proportion: published values, and what must hold of every one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.exact_interval import exact_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),  # the rows of Clopper and Pearson's table for ten trials
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
    ],
)
def test_published_values(successes: int, trials: int, low: float, high: float) -> None:
    found = exact_interval(successes, trials)
    assert found == pytest.approx((low, high), abs=5e-5)


@settings(max_examples=25)
@given(st.integers(1, 200), st.data())
def test_it_holds_the_proportion_and_mirrors(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = exact_interval(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert exact_interval(trials - successes, trials) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    wider = exact_interval(successes, trials, 0.99)
    assert wider[0] <= low
    assert high <= wider[1]


@pytest.mark.parametrize(("trials", "p"), [(20, 0.1), (60, 0.3)])
def test_it_covers_as_often_as_it_says(trials: int, p: float) -> None:
    """Summed over every outcome, not sampled."""
    covered = math.fsum(
        math.comb(trials, k) * p**k * (1 - p) ** (trials - k)
        for k in range(trials + 1)
        if exact_interval(k, trials)[0] <= p <= exact_interval(k, trials)[1]
    )
    assert 0.95 <= covered <= 1


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 5), (6, 5)])
def test_counts_that_cannot_be(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="has no interval"):
        exact_interval(successes, trials)
