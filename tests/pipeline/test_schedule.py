"""The rate rises to its height at the end of the warm-up and falls to a tenth of it at the last step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.pipeline.schedule import learning_rate


@given(st.integers(1, 200), st.integers(0, 250))
def test_it_is_positive_peaks_at_the_warmup_and_only_falls_after(steps: int, warmup: int) -> None:
    rates = [learning_rate(s, steps=steps, warmup=warmup, highest=1.0) for s in range(1, steps + 1)]
    assert all(0 < rate <= 1 for rate in rates)
    peak = min(max(warmup, 1), steps) - 1
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    if steps > warmup:
        assert rates[-1] == pytest.approx(0.1)


def test_by_hand() -> None:
    rates = [learning_rate(s, steps=6, warmup=2, highest=1e-4) for s in range(1, 7)]
    assert rates == pytest.approx([5e-5, 1e-4, 8.68198e-5, 5.5e-5, 2.31802e-5, 1e-5], rel=1e-5)
