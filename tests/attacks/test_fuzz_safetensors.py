"""Whatever is done to safetensors, they are refused by a FileError or can be used, within time and memory."""

from __future__ import annotations

import math
from typing import Any

from good_files import SAFETENSORS_FILES, safetensors
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import BOUNDARIES, mutated
from usable import tried
from weights_in_memory import open_weights, with_honest_length


def attempted(data: bytes) -> bool:
    return tried(lambda: open_weights(data), data, measured=True)


def test_the_files_that_are_mutated_are_good() -> None:
    assert all(attempted(data) for data in SAFETENSORS_FILES.values())


@settings(max_examples=400)
@given(data=mutated(list(SAFETENSORS_FILES.values())), honest=st.booleans())
def test_mutated_bytes(data: bytes, honest: bool) -> None:
    attempted(with_honest_length(data) if honest else data)


count = st.integers(-1, 9) | st.sampled_from(BOUNDARIES)
anything = st.none() | st.booleans() | st.text(max_size=2) | count | st.floats() | st.lists(count, max_size=3)
entry = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(("F32", "F16", "U8", "F8_E4M3", "C64", "F4", "")) | anything,
        "shape": st.lists(count, max_size=9) | anything,
        "data_offsets": st.lists(count, max_size=3) | anything,
    },
    optional={"more": anything},
)
header = st.dictionaries(st.text(max_size=3) | st.just("__metadata__"), entry | anything, max_size=4)


@settings(max_examples=400)
@given(header=header, data=st.binary(max_size=16))
def test_a_header_that_lies(header: dict[str, Any], data: bytes) -> None:
    attempted(safetensors(header, data))


shape = st.lists(st.integers(0, 3), max_size=3)


@settings(max_examples=200)
@given(shapes=st.lists(shape, max_size=4), missing=st.integers(-1, 1))
def test_a_header_that_is_right_but_for_a_byte(shapes: list[list[int]], missing: int) -> None:
    stated, end = {}, 0
    for index, sizes in enumerate(shapes):
        start, end = end, end + math.prod(sizes)
        stated[f"t{index}"] = {"dtype": "U8", "shape": sizes, "data_offsets": [start, end]}
    data = bytes(max(end - missing, 0))
    assert attempted(safetensors(stated, data)) == (len(data) == end)
