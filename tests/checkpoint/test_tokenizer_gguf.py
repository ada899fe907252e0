"""A tokenizer through GGUF fields: what is kept, what is padded, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint import AddedToken, TokenizerSpec
from shipworthy.errors import FileError, ShipworthyError
from tokenizer_cases import SPECIAL, TEXTS, all_pre_ids, small_spec

FILE = Path("model.gguf")
NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5


def fields(**changes: Any) -> dict[str, Any]:
    """Good fields, with `tokenizer.ggml.` keys changed; None removes a key."""
    result = small_spec().to_gguf(len(small_spec().tokens))
    for name, value in changes.items():
        key = f"tokenizer.ggml.{name}"
        if value is None:
            result.pop(key)
        else:
            result[key] = value
    return result


@pytest.mark.parametrize("pre", all_pre_ids())
@pytest.mark.parametrize("add_bos", [False, True])
def test_fields_and_back_are_the_same_tokenizer(pre: str, add_bos: bool) -> None:
    spec = small_spec(pre, add_bos=add_bos)
    assert TokenizerSpec.from_gguf(spec.to_gguf(len(spec.tokens)), FILE) == spec


def test_padding_is_unused_and_not_part_of_the_tokenizer() -> None:
    spec = small_spec()
    count = len(spec.tokens)
    padded = spec.to_gguf(count + 3)
    assert padded["tokenizer.ggml.tokens"][count:] == [f"[PAD{count + index}]" for index in range(3)]
    assert padded["tokenizer.ggml.token_type"][count:] == [UNUSED] * 3
    assert TokenizerSpec.from_gguf(padded, FILE) == spec


def test_a_pad_never_has_the_name_of_a_token() -> None:
    spec = small_spec()
    count = len(spec.tokens)
    taken = replace(
        spec,
        tokens=(*spec.tokens, f"[PAD{count + 1}]"),
        added_tokens=(*spec.added_tokens, AddedToken(count, f"[PAD{count + 1}]", special=False)),
    )
    tokens = taken.to_gguf(count + 4)["tokenizer.ggml.tokens"]
    assert len(set(tokens)) == len(tokens) == count + 4


def test_token_types_tell_special_user_defined_and_normal_apart() -> None:
    types = fields()["tokenizer.ggml.token_type"]
    assert types[: len(SPECIAL)] == [CONTROL] * len(SPECIAL)
    assert types[-1] == USER_DEFINED
    assert set(types[len(SPECIAL) : -1]) == {NORMAL}


def test_more_tokens_than_rows_are_refused_not_cut() -> None:
    with pytest.raises(ShipworthyError, match="embedding only 10 rows") as caught:
        small_spec().to_gguf(10)
    assert caught.value.code == "vocabulary-too-large"


def test_an_unknown_pre_tokenizer_is_not_exported() -> None:
    with pytest.raises(ShipworthyError, match="known are") as caught:
        replace(small_spec(), pre="").to_gguf(1000)
    assert caught.value.code == "unknown-pre-tokenizer"


def test_a_file_without_pre_is_read_as_llama_cpp_reads_it() -> None:
    assert TokenizerSpec.from_gguf(fields(pre=None), FILE).pre == "default"


def test_llama_bpe_adds_bos_where_the_file_does_not_say() -> None:
    spec = TokenizerSpec.from_gguf(fields(pre="llama-bpe", add_bos_token=None), FILE)
    assert spec.add_bos_token
    assert spec.build().encode("x").ids[0] == spec.bos_token_id


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "sentencepiece": ("tokenizer-unsupported", {"model": "llama"}, "'llama'"),
    "adds EOS": ("tokenizer-unsupported", {"add_eos_token": True}, "add_eos_token"),
    "unknown pre": ("unknown-pre-tokenizer", {"pre": "klingon"}, "'klingon'"),
    "no tokens": ("tokenizer-broken", {"tokens": None}, "tokenizer.ggml.tokens"),
    "no merges": ("tokenizer-broken", {"merges": None}, "tokenizer.ggml.merges"),
    "tokens that are numbers": ("tokenizer-broken", {"tokens": [1, 2]}, "list of strings"),
    "types that are words": ("tokenizer-broken", {"token_type": ["x"]}, "list of numbers"),
    "too few types": ("tokenizer-broken", {"token_type": [1]}, "have 1 types"),
    "a merge of one part": ("tokenizer-broken", {"merges": ["ab"]}, "'ab'"),
    "a merge of nothing known": ("tokenizer-broken", {"merges": ["zzz yyy"]}, "'zzz'"),
    "EOS out of range": ("tokenizer-broken", {"eos_token_id": 99999}, "99999"),
    "EOS a flag": ("tokenizer-broken", {"eos_token_id": True}, "True"),
    "BOS to add, but none": ("tokenizer-broken", {"bos_token_id": None, "add_bos_token": True}, "BOS"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_broken_is_refused_by_name(case: str) -> None:
    code, changes, named = REFUSED[case]
    with pytest.raises(FileError, match=named) as caught:
        TokenizerSpec.from_gguf(fields(**changes), FILE)
    assert caught.value.code == code


def test_a_token_that_is_there_twice_is_refused() -> None:
    tokens = fields()["tokenizer.ggml.tokens"]
    tokens[-1] = tokens[300]
    with pytest.raises(FileError, match="2 times"):
        TokenizerSpec.from_gguf(fields(tokens=tokens), FILE)


@pytest.mark.parametrize("text", TEXTS)
def test_bytes_of_the_ids_are_the_text(text: str) -> None:
    spec = small_spec()
    assert spec.decode_bytes(spec.build().encode(text).ids) == text.encode()


def test_a_pad_has_no_bytes() -> None:
    spec = small_spec()
    assert spec.decode_bytes([len(spec.tokens), len(spec.tokens) + 5]) == b""
