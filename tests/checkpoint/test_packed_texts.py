"""Packed strings are the sequence of strings that they were packed from."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.checkpoint.packed_texts import PackedTexts

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=200)


def packed(texts: list[str]) -> PackedTexts:
    data = b"".join(struct.pack("<Q", len(text.encode())) + text.encode() for text in texts)
    return PackedTexts(bytearray(b"before" + data + b"behind"), len(b"before"), len(texts))


@given(texts=TEXTS, places=st.lists(st.integers(-250, 250), max_size=20))
def test_they_are_read_as_the_list_is(texts: list[str], places: list[int]) -> None:
    found = packed(texts)
    assert list(found) == texts
    assert [one.decode() for one in found.encoded()] == texts
    for place in places:
        if -len(texts) <= place < len(texts):
            assert found[place] == texts[place]
            assert found[place:] == tuple(texts[place:])
        else:
            with pytest.raises(IndexError):
                found[place]


@given(texts=TEXTS, count=st.integers(0, 250))
def test_they_are_equal_where_their_strings_are(texts: list[str], count: int) -> None:
    assert packed(texts) == packed(texts) == texts == packed(texts)
    assert packed(texts).first(count) == tuple(texts[:count])
    assert packed(texts) != [*texts, ""]
    assert packed(["a", "b"]) != "ab"
