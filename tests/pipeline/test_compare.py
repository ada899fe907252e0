"""Figures of a comparison, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from shipworthy.pipeline.compare import compare_logits, join

LOGITS = arrays.arrays(
    np.float32, (3, 5), elements=st.floats(-50, 50, width=32, allow_nan=False, allow_infinity=False)
)


def by_definition(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """KL(ours || theirs) as the sum of p log(p / q), in long double."""
    p, q = (np.exp(x.astype(np.longdouble) - x.max(axis=1, keepdims=True)) for x in (ours, theirs))
    p, q = p / p.sum(axis=1, keepdims=True), q / q.sum(axis=1, keepdims=True)
    return np.asarray((p * np.log(p / q)).sum(axis=1), np.float64)


@given(LOGITS, LOGITS)
def test_kl_is_the_sum_of_p_log_p_over_q(ours: np.ndarray, theirs: np.ndarray) -> None:
    assert compare_logits(ours, theirs).kl == pytest.approx(by_definition(ours, theirs), abs=1e-12, rel=1e-12)


@given(LOGITS, st.floats(-100, 100, width=32))
def test_a_constant_changes_nothing(ours: np.ndarray, constant: float) -> None:
    found = compare_logits(ours, ours + np.float32(constant))
    assert np.abs(found.kl).max() < 1e-4  # float32 addition rounds
    assert found.finite.all()


def test_a_difference_of_a_ten_millionth_is_seen() -> None:
    draws = np.random.default_rng(0)
    ours = draws.standard_normal((2, 49_152)).astype(np.float32)
    theirs = ours.copy()
    theirs[1] += 1e-5 * draws.standard_normal(49_152).astype(np.float32)
    kl = compare_logits(ours, theirs).kl
    assert kl[0] == pytest.approx(0.0, abs=1e-13)
    assert kl[1] == pytest.approx(5e-11, rel=0.1)


def test_the_direction_is_ours_to_theirs() -> None:
    sure, flat = np.array([[9.0, 0.0, 0.0]], np.float32), np.zeros((1, 3), np.float32)
    assert compare_logits(sure, flat).kl[0] == pytest.approx(np.log(3), abs=0.01)
    assert compare_logits(flat, sure).kl[0] > 4.0


def test_top1_difference_and_margin_are_of_our_best_token() -> None:
    ours = np.log(np.array([[0.6, 0.3, 0.1]])).astype(np.float32)
    theirs = np.log(np.array([[0.35, 0.45, 0.2]])).astype(np.float32)
    found = compare_logits(ours, theirs)
    assert found.top1_difference[0] == pytest.approx(0.25, abs=1e-6)
    assert found.margin[0] == pytest.approx(np.log(2), abs=1e-6)
    assert (found.ours_argmax[0], found.theirs_argmax[0]) == (0, 1)


def test_a_tie_has_no_margin() -> None:
    ours = np.array([[1.0, 3.0, 3.0]], np.float32)
    assert compare_logits(ours, ours).margin[0] == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_what_is_not_finite_is_flagged_and_meets_no_limit(bad: float, side: int) -> None:
    pair = [np.zeros((3, 4), np.float32), np.zeros((3, 4), np.float32)]
    pair[side][1, 2] = bad
    found = compare_logits(*pair)
    assert found.finite.tolist() == [True, False, True]
    assert np.isnan([found.kl[1], found.top1_difference[1], found.margin[1]]).all()
    assert not found.kl[1] <= 1e9
    assert (found.ours_argmax[1], found.theirs_argmax[1])[side] == -1
    assert found.kl[[0, 2]] == pytest.approx(0.0)


def test_extreme_logits_overflow_nothing() -> None:
    ours = np.array([[3e38, -3e38, 0.0]], np.float32)
    theirs = np.array([[-3e38, 3e38, 0.0]], np.float32)
    found = compare_logits(ours, theirs)
    assert found.finite.all()
    assert found.kl[0] == pytest.approx(6e38, rel=1e-6)
    assert found.top1_difference[0] == 1.0


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (2, 2, 2)])
def test_shapes_that_differ_are_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        compare_logits(np.zeros((2, 2), np.float32), np.zeros(shape, np.float32))


def test_prompts_join_in_order() -> None:
    one, two = np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)[::-1]
    joined = join([compare_logits(one, one), compare_logits(two, two)])
    assert joined.ours_argmax.tolist() == [0, 1, 2, 2, 1, 0]
    assert joined.kl.shape == (6,)
