"""The permutation of rotary rows is llama.cpp's, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from shipworthy.checkpoint.rotary import to_halves, to_interleaved


@pytest.mark.parametrize(("heads", "head_dim"), [(1, 2), (3, 4), (4, 64)])
def test_row_i_and_row_i_plus_half_become_neighbours(heads: int, head_dim: int) -> None:
    rows = np.arange(heads * head_dim, dtype=np.float32)
    moved = to_interleaved(rows, heads).reshape(heads, head_dim)
    for head in range(heads):
        for pair in range(head_dim // 2):
            first = head * head_dim + pair
            assert moved[head, 2 * pair] == first
            assert moved[head, 2 * pair + 1] == first + head_dim // 2


@pytest.mark.parametrize("tail", [(), (5,)])
def test_the_two_orders_are_each_others_inverse(tail: tuple[int, ...]) -> None:
    rows = np.random.default_rng(3).standard_normal((24, *tail), dtype=np.float32)
    assert np.array_equal(to_halves(to_interleaved(rows, 3), 3), rows)
    assert np.array_equal(to_interleaved(to_halves(rows, 3), 3), rows)
    assert not np.array_equal(to_interleaved(rows, 3), rows)
    assert to_halves(rows, 3).flags.c_contiguous
