"""Whatever is done to a GGUF, it is refused by a FileError or can be used, within time and memory."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from gguf_bytes import GGUFFile, GGUFTensor, array, scalar, string
from good_files import GGUF_FILES
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import BOUNDARIES, mutated
from usable import tried

from shipworthy.checkpoint.open import open_bytes

KEYS = (
    "general.architecture",
    "general.alignment",
    "split.count",
    "llama.attention.head_count",
    "llama.rope.scaling.type",
    "tokenizer.ggml.model",
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.merges",
    "shipworthy.apr_metadata",
)


def attempted(data: bytes) -> bool:
    return tried(lambda: open_bytes(data), data, measured=True)


def test_the_files_that_are_mutated_are_good() -> None:
    assert all(attempted(data) for data in GGUF_FILES.values())


@settings(max_examples=400)
@given(data=mutated(list(GGUF_FILES.values())))
def test_mutated_bytes(data: bytes) -> None:
    attempted(data)


lie = st.none() | st.sampled_from(BOUNDARIES)
text = st.text(max_size=3) | st.sampled_from(("llama", "qwen2", "gpt2", "{}", '{"name":1}'))
value = st.one_of(
    text.map(lambda text: struct.pack("<I", 8) + string(text)),
    st.integers(0, 2**32 - 1).map(lambda number: scalar(4, "I", number)),
    st.floats(width=32).map(lambda number: scalar(6, "f", number)),
    st.integers(0, 255).map(lambda number: scalar(7, "B", number)),
    st.lists(text, max_size=4).map(lambda texts: array(8, len(texts), b"".join(map(string, texts)))),
    st.builds(
        array, st.integers(0, 13), st.integers(0, 4) | st.sampled_from(BOUNDARIES), st.binary(max_size=16)
    ),
)
tensor = st.builds(
    GGUFTensor,
    name=st.sampled_from(
        ("a", "token_embd.weight", "blk.0.attn_q.weight", "model.norm.weight", "blk.-1.x", "")
    ),
    dims=st.lists(st.integers(0, 3) | st.sampled_from((32, 256, *BOUNDARIES)), max_size=5).map(tuple),
    dtype=st.integers(0, 40),
    data=st.binary(max_size=48),
    offset=lie,
    rank=st.none() | st.integers(0, 5),
)


@settings(max_examples=300)
@given(
    keys=st.lists(st.tuples(st.sampled_from(KEYS), value), max_size=5).map(tuple),
    tensors=st.lists(tensor, max_size=3).map(tuple),
    fields=st.fixed_dictionaries({}, optional={"tensor_count": lie, "key_count": lie, "tail": st.binary()}),
)
def test_keys_and_tensors_that_lie(
    keys: tuple[tuple[str, bytes], ...], tensors: tuple[GGUFTensor, ...], fields: dict[str, Any]
) -> None:
    attempted(replace(GGUFFile(keys=keys, tensors=tensors), **fields).build())


@settings(max_examples=300)
@given(stated=st.dictionaries(st.sampled_from(KEYS), value, max_size=6))
def test_well_formed_keys_of_any_type(stated: dict[str, bytes]) -> None:
    layer = (GGUFTensor("blk.0.attn_q.weight", (2, 4), 0, bytes(32)),)
    attempted(GGUFFile(keys=tuple(stated.items()), tensors=layer).build())
