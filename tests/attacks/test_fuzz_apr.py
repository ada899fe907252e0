"""Whatever is done to an `.apr`, it is refused by a FileError or can be used, within time and memory."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from apr_bytes import AprFile, AprTensor
from good_files import APR_FILES
from honest_apr import with_honest_checksums
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import BOUNDARIES, mutated
from usable import tried

from shipworthy.checkpoint.open import open_bytes

lie = st.none() | st.sampled_from(BOUNDARIES)
u16, u32 = (lie.map(lambda value, size=size: value and value % size) for size in (1 << 16, 1 << 32))
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("architecture", "hidden_size", "num_heads", "rope_theta", "tokenizer.vocabulary", "tokenizer.merges")


def attempted(data: bytes) -> bool:
    return tried(lambda: open_bytes(data), data, measured=True)


def test_the_files_that_are_mutated_are_good() -> None:
    assert all(attempted(data) for data in APR_FILES.values())


@settings(max_examples=400)
@given(data=mutated(list(APR_FILES.values())), honest=st.booleans())
def test_mutated_bytes(data: bytes, honest: bool) -> None:
    attempted(with_honest_checksums(data) if honest else data)


tensor = st.builds(
    AprTensor,
    name=st.binary(max_size=3) | st.sampled_from((b"a", b"b", b"model.layers.0.self_attn.q_proj.weight")),
    dtype=st.sampled_from((0, 1, 8, 12, 14, 30, 77, 128, 129)),
    dims=st.lists(st.integers(0, 3) | st.sampled_from(BOUNDARIES), max_size=9).map(tuple),
    data=st.binary(max_size=24),
    offset=lie,
    size=lie,
    rank=st.none() | st.integers(0, 255),
    name_length=u16,
)


@settings(max_examples=300)
@given(
    tensors=st.lists(tensor, max_size=3).map(tuple),
    fields=st.fixed_dictionaries(
        {},
        optional={
            "flags": st.integers(0, 0xFFFF),
            "tensor_count": u32,
            "metadata_size": u32,
            "index_offset": lie,
            "data_offset": lie,
            "tail": st.binary(max_size=2),
        },
    ),
)
def test_a_header_and_an_index_that_lie(tensors: tuple[AprTensor, ...], fields: dict[str, Any]) -> None:
    attempted(replace(AprFile(tensors=tensors), **fields).build())


@settings(max_examples=150)
@given(stated=st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), json_value, max_size=4))
def test_metadata_of_any_type(stated: dict[str, Any]) -> None:
    attempted(AprFile(metadata=json.dumps(stated).encode()).build())
