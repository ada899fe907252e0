"""Products with few rows: summed in float32 and rounded once, in every dtype and on every processor."""

from __future__ import annotations

import pytest
import torch

from shipworthy.model.rows import Rows


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("rows", [1, 8])
@pytest.mark.parametrize("given", [1, 2])
@pytest.mark.parametrize("with_bias", [False, True])
def test_a_product_is_the_exact_one_rounded_once(
    dtype: torch.dtype, rows: int, given: int, with_bias: bool
) -> None:
    """Also of more rows than it was laid out for, as in a prompt."""
    draws = torch.Generator(device="cpu").manual_seed(0)
    weight = torch.randn(96, 64, generator=draws, device="cpu").to(dtype)
    x = torch.randn(given, rows, 64, generator=draws, device="cpu").to(dtype)
    bias = torch.randn(96, generator=draws, device="cpu").to(dtype) if with_bias else None
    found = Rows(weight, bias, rows)(x)
    exact = x.double() @ weight.double().T + (bias.double() if bias is not None else 0.0)
    assert found.dtype == dtype
    step = torch.finfo(dtype).eps * exact.abs() + 1e-6 * 64
    assert bool(((found.double() - exact).abs() <= step).all())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_weight_that_is_held_wider_is_the_same_weight(dtype: torch.dtype) -> None:
    weight = torch.eye(32, device="cpu", dtype=dtype) * torch.arange(1, 33, device="cpu", dtype=dtype)
    identity = torch.eye(32, device="cpu", dtype=dtype)
    assert torch.equal(Rows(weight, None, 32)(identity), weight.T)
