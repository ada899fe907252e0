"""Batches show each window once an epoch, never wrap, and depend on the seed alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.errors import UsageError
from shipworthy.pipeline.batches import epoch_batches, held_out_batches, window_count

lengths = st.integers(1, 9)


@given(st.integers(0, 200), lengths)
def test_windows_fill_the_stream_without_overrunning_it(tokens: int, length: int) -> None:
    count = window_count(tokens, length)
    assert count * length + 1 <= max(tokens, 1)
    assert (count + 1) * length + 1 > tokens


@given(st.integers(2, 300), lengths, st.integers(1, 4), st.integers(0, 5), st.integers(1, 3))
def test_an_epoch_shows_no_window_twice(tokens: int, length: int, batch: int, seed: int, epoch: int) -> None:
    steps = window_count(tokens, length) // batch
    if steps == 0:
        return
    stream = np.arange(tokens, dtype=np.uint16)
    settings = {"length": length, "batch_size": batch, "steps": steps, "seed": seed}
    batches = list(epoch_batches(stream, epoch=epoch, **settings))
    assert [b.shape for b in batches] == [(batch, length + 1)] * steps
    assert {b.dtype for b in batches} == {np.dtype(np.int64)}
    again = list(epoch_batches(stream, epoch=epoch, **settings))
    rows = np.concatenate(batches)
    assert np.array_equal(rows, rows[:, :1] + np.arange(length + 1))
    assert len(set(rows[:, 0])) == len(rows)
    assert all(np.array_equal(a, b) for a, b in zip(batches, again, strict=True))


def test_seed_and_epoch_change_the_order() -> None:
    stream = np.arange(1000, dtype=np.uint16)

    def order(seed: int, epoch: int) -> list[int]:
        batches = epoch_batches(stream, length=10, batch_size=1, steps=99, seed=seed, epoch=epoch)
        return [int(b[0, 0]) for b in batches]

    assert sorted(order(0, 1)) == sorted(order(0, 2)) == sorted(order(1, 1))
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


def test_held_out_batches_are_spread_over_the_stream() -> None:
    stream = np.arange(1001, dtype=np.uint16)
    starts = [
        int(row[0]) for batch in held_out_batches(stream, length=10, batch_size=2, batches=5) for row in batch
    ]
    assert starts == [100 * index for index in range(10)]


def test_a_stream_that_is_too_short_says_what_it_has_and_what_it_needs() -> None:
    stream = np.arange(160, dtype=np.uint16)
    with pytest.raises(
        UsageError, match=r"training side of the corpus has 160 tokens; 4 windows of 40 tokens need 161"
    ):
        next(epoch_batches(stream, length=40, batch_size=2, steps=2, seed=0, epoch=1))
    with pytest.raises(UsageError, match="held_out side of the corpus has 160 tokens; 17 windows"):
        held_out_batches(stream, length=10, batch_size=17, batches=1)
