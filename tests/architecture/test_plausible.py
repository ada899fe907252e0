"""What a field may be: both edges are inside, one step further is not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shipworthy.architecture import DIMENSION_FIELDS, PLAUSIBLE, implausible

WHOLE = {*DIMENSION_FIELDS, "head_dim"}


@pytest.mark.parametrize("field", PLAUSIBLE)
def test_the_edges_are_inside(field: str) -> None:
    for edge in PLAUSIBLE[field]:
        assert implausible({field: int(edge) if field in WHOLE else edge}) == []


@pytest.mark.parametrize("field", PLAUSIBLE)
def test_a_step_past_an_edge_is_outside(field: str) -> None:
    low, high = PLAUSIBLE[field]
    below, above = (low - 1, high + 1) if field in WHOLE else (low * 0.999, high * 1.001)
    for value in (below, above):
        (problem,) = implausible({field: value})
        assert problem.startswith(f"{field} is {value!r}, outside ")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "4096", [64], {}, -1, 0])
@pytest.mark.parametrize("field", PLAUSIBLE)
def test_what_is_no_number_in_range_is_implausible(field: str, value: Any) -> None:
    assert len(implausible({field: value})) == 1


@pytest.mark.parametrize("field", sorted(WHOLE))
def test_a_dimension_is_a_whole_number(field: str) -> None:
    assert implausible({field: 64.5}) == [f"{field} is 64.5, not a whole number"]
    assert implausible({field: 64.0}) == []


def test_absent_and_null_fields_are_not_its_business() -> None:
    assert implausible({}) == []
    assert implausible(dict.fromkeys(PLAUSIBLE)) == []


def test_heads_divide_the_hidden_size_where_no_head_dim_is_stated() -> None:
    uneven = {"hidden_size": 65, "num_heads": 4}
    assert implausible(uneven) == ["hidden_size 65 is not a multiple of num_heads 4, and head_dim is absent"]
    assert implausible({**uneven, "head_dim": 16}) == []


def test_key_value_heads_divide_the_heads() -> None:
    assert implausible({"num_heads": 9, "num_kv_heads": 3}) == []
    assert implausible({"num_heads": 9, "num_kv_heads": 2}) == [
        "num_heads 9 is not a multiple of num_kv_heads 2"
    ]
