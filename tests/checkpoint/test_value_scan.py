"""The scan of stored values: exact against numpy on any bits, however they are cut into pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.checkpoint.value_scan import PLAIN, Scanner, ValueScan

DTYPES = sorted(PLAIN)


def as_floats(bits: np.ndarray, dtype: str) -> np.ndarray:
    """The values, by a road that shares nothing with the scan."""
    if dtype == "BF16":
        return (bits.astype("<u4") << 16).view("<f4")
    return bits.view({"F32": "<f4", "F16": "<f2"}[dtype])


def unsigned(dtype: str) -> str:
    return f"<u{PLAIN[dtype].bits // 8}"


def scan(bits: np.ndarray, dtype: str, cuts: list[int] | None = None) -> ValueScan:
    scanner = Scanner(dtype)
    for piece in np.split(bits, sorted(cuts or [])):
        scanner.feed(memoryview(piece.tobytes()))
    return scanner.result()


@st.composite
def any_bits(draw: st.DrawFn) -> tuple[str, np.ndarray]:
    """Random patterns, with those where a scan could go wrong by one drawn often."""
    dtype = draw(st.sampled_from(DTYPES))
    kind = PLAIN[dtype]
    sign = 1 << (kind.bits - 1)
    edges = [0, sign, 1, kind.infinity - 1, kind.infinity, kind.infinity + 1, sign - 1]
    edges += [edge | sign for edge in edges]
    words = st.one_of(st.sampled_from(edges), st.integers(0, (1 << kind.bits) - 1))
    return dtype, np.array(draw(st.lists(words, max_size=40)), unsigned(dtype))


@given(any_bits(), st.lists(st.integers(0, 40), max_size=4))
def test_every_pattern_is_counted_as_numpy_counts_it(case: tuple[str, np.ndarray], cuts: list[int]) -> None:
    dtype, bits = case
    values = as_floats(bits, dtype)
    bad = ~np.isfinite(values)
    assert scan(bits, dtype, cuts) == ValueScan(
        count=bits.size,
        nan=int(np.isnan(values).sum()),
        infinite=int(np.isinf(values).sum()),
        first_not_finite=int(bad.argmax()) if bad.any() else None,
        all_zero=bits.size > 0 and bool((values == 0).all()),
        constant=bits.size > 0 and len(set(bits.tolist())) == 1,
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_random_bits_of_a_large_tensor(dtype: str) -> None:
    bits = np.frombuffer(np.random.default_rng(0).bytes(1 << 20), unsigned(dtype))
    values = as_floats(bits, dtype)
    found = scan(bits, dtype, [3, 70_000])
    assert found.nan == np.isnan(values).sum() > 0
    assert found.infinite == np.isinf(values).sum()
    assert found.first_not_finite == (~np.isfinite(values)).argmax()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("negative", [False, True], ids=["positive", "negative"])
def test_the_last_value_is_looked_at(dtype: str, negative: bool) -> None:
    sign = (1 << (PLAIN[dtype].bits - 1)) if negative else 0
    bits = np.ones(100_001, unsigned(dtype))
    bits[-1] = (PLAIN[dtype].infinity + 1) | sign
    assert scan(bits, dtype, [65_536]) == ValueScan(100_001, 1, 0, 100_000, False, False)
    bits[-1] = PLAIN[dtype].infinity | sign
    assert scan(bits, dtype, [65_536]) == ValueScan(100_001, 0, 1, 100_000, False, False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_zeros_of_both_signs_are_all_zero_and_not_constant(dtype: str) -> None:
    bits = np.zeros(1000, unsigned(dtype))
    assert scan(bits, dtype) == ValueScan(1000, 0, 0, None, True, True)
    bits[-1] = 1 << (PLAIN[dtype].bits - 1)
    assert scan(bits, dtype) == ValueScan(1000, 0, 0, None, True, False)
    bits[0] = 1
    assert not scan(bits, dtype).all_zero


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_values_are_neither_zero_nor_constant(dtype: str) -> None:
    assert scan(np.zeros(0, unsigned(dtype)), dtype) == ValueScan(0, 0, 0, None, False, False)
