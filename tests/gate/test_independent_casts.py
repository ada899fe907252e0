"""F16 and BF16 in integer arithmetic: every bit as the hardware rounds, ties to even, carries and all."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shipworthy.gate.measure.independent_casts import bf16_bits, f16_bits

_HIGH = np.arange(1 << 16, dtype=np.uint32) << 16
"""Every value of the upper half: every sign, exponent and head of a fraction of a float32."""


def patterns() -> np.ndarray:
    """At, beside and between the halves of both types, and anything."""
    near = np.arange(1 << 19, dtype=np.uint32) << 13
    drawn = np.random.default_rng(0).integers(0, 1 << 32, 1_000_000, dtype=np.uint32)
    parts = [_HIGH + low for low in (0, 0x7FFF, 0x8000, 0x8001)]
    parts += [near + low for low in (0, 0xFFF, 0x1000, 0x1001)]
    return np.concatenate([*parts, drawn]).view(np.float32)


def torch_bits(values: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    cast = torch.from_numpy(values).to(dtype).view(torch.int16).numpy()
    return cast.view(np.uint16)


def test_every_number_is_cast_as_torch_and_numpy_cast_it() -> None:
    values = patterns()
    values = values[~np.isnan(values)]
    with np.errstate(over="ignore"):
        assert np.array_equal(f16_bits(values), values.astype(np.float16).view(np.uint16))
    assert np.array_equal(f16_bits(values), torch_bits(values, torch.float16))
    assert np.array_equal(bf16_bits(values), torch_bits(values, torch.bfloat16))


def test_a_nan_stays_one() -> None:
    values = patterns()
    values = values[np.isnan(values)]
    assert np.isnan(f16_bits(values).view(np.float16)).all()
    assert np.isnan((bf16_bits(values).astype(np.uint32) << 16).view(np.float32)).all()


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        (1 + 2**-11, 0x3C00),  # half way, the even one is below
        (1 + 3 * 2**-11, 0x3C02),  # half way, the even one is above
        (65519.0, 0x7BFF),
        (65520.0, 0x7C00),
        (2**-24, 0x0001),
        (2**-25, 0x0000),
        (np.nextafter(np.float32(2**-25), np.float32(1)), 0x0001),
        (-0.0, 0x8000),
        (2047.5 * 2**-25, 0x0400),  # the largest subnormal rounds up into the normals
    ],
)
def test_the_ends_of_binary16(value: float, bits: int) -> None:
    assert int(f16_bits(np.array([value], np.float32))[0]) == bits


@given(arrays(np.float32, 7, elements=st.floats(width=32, allow_nan=False)))
def test_what_is_exact_in_the_narrow_type_comes_back(values: np.ndarray) -> None:
    for cast, back in (
        (f16_bits, lambda bits: bits.view(np.float16).astype(np.float32)),
        (bf16_bits, lambda bits: (bits.astype(np.uint32) << 16).view(np.float32)),
    ):
        once = back(cast(values))
        assert np.array_equal(cast(once), cast(values))
