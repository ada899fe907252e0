"""Canonical JSON is that of RFC 8785, whichever writer makes it; strict JSON has each key once."""

from __future__ import annotations

import time
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from shipworthy.canonical import canonical, strict_loads

ASCII = st.text(st.characters(max_codepoint=127))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ASCII,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII, inner, max_size=4),
)
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


FRACTIONS = st.floats(1e-7, 1e-3) | st.floats(1e14, 1e22) | st.floats(-1e4, 1e4)


@given(PLAIN | ANY | FRACTIONS)
@example(1e-4)
@example(9.999999999999999e-5)
@example(4503599627370497.5)
@example(1e16)
@example(-0.0)
def test_the_bytes_are_those_of_the_reference(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except ValueError as error:
        with pytest.raises(type(error)):
            canonical(value)
        return
    assert canonical(value) == expected


@pytest.mark.parametrize("value", [2**53, -(2**53), [2**70], {"a": float("nan")}, {1: 2}, {"a": {1}}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(Exception) as reference:  # noqa: PT011 - whatever it is, it is the same here
        rfc8785.dumps(value)
    with pytest.raises(reference.type):
        canonical(value)


def test_a_key_that_stands_twice_is_named() -> None:
    with pytest.raises(ValueError, match="the key 'b' appears twice"):
        strict_loads('{"a": 1, "b": {"a": 2}, "b": 3}')


def test_a_key_that_stands_twice_among_many_is_found_in_one_pass() -> None:
    """Counted anew for each key, 60,000 of them took a quarter of a minute."""
    text = "{" + ",".join(f'"k{number}": 0' for number in range(200_000)) + ', "k199999": 1}'
    before = time.process_time()
    with pytest.raises(ValueError, match="the key 'k199999' appears twice"):
        strict_loads(text)
    assert time.process_time() - before < 5
