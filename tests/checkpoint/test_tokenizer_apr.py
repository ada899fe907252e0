"""A tokenizer through `.apr` metadata is exactly the tokenizer it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.checkpoint import AddedToken, TensorSource, TokenizerSpec, open_checkpoint, write_apr
from shipworthy.errors import FileError, ShipworthyError
from tokenizer_cases import SPECIAL, all_pre_ids, small_spec

FILE = Path("model.apr")
SMOLLM = small_spec("smollm").build()


def through_json(metadata: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(metadata))
    return loaded


@pytest.mark.parametrize("pre", all_pre_ids())
def test_metadata_and_back_are_the_same_tokenizer(pre: str) -> None:
    spec = small_spec(pre, add_bos=True)
    again = TokenizerSpec.from_apr(through_json(spec.to_apr()), FILE)
    assert again == spec
    assert again.digest() == spec.digest()


def test_flags_of_added_tokens_survive() -> None:
    spec = small_spec()
    flagged = AddedToken(2, SPECIAL[2], True, lstrip=True, rstrip=True, single_word=True, normalized=True)
    spec = replace(spec, added_tokens=(*spec.added_tokens[:2], flagged, *spec.added_tokens[3:]))
    assert TokenizerSpec.from_apr(through_json(spec.to_apr()), FILE) == spec


def test_a_token_that_there_is_none_of_has_no_key() -> None:
    spec = replace(small_spec(), bos_token_id=None, pad_token_id=None, chat_template=None)
    metadata = spec.to_apr()
    assert "tokenizer.bos_token_id" not in metadata
    assert "chat_template" not in metadata
    assert "pad_token" not in metadata["special_tokens"]
    assert metadata["special_tokens"]["eos_token"] == "<|im_end|>"
    assert TokenizerSpec.from_apr(through_json(metadata), FILE) == spec


def test_through_a_real_file(tmp_path: Path) -> None:
    path = tmp_path / "model.apr"
    source = TensorSource("F32", (2,), lambda: np.zeros(2, np.float32))
    write_apr(path, metadata={}, tensors={"model.norm.weight": source}, tokenizer=small_spec("qwen2"))
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.tokenizer() == small_spec("qwen2")


def test_a_foreign_vocabulary_can_be_shown_but_not_built() -> None:
    foreign = {key: value for key, value in small_spec().to_apr().items() if key.startswith("tokenizer.")}
    spec = TokenizerSpec.from_apr(foreign, FILE)
    assert len(spec.tokens) == len(small_spec().tokens)
    with pytest.raises(ShipworthyError, match="how text is cut") as caught:
        spec.build()
    assert caught.value.code == "tokenizer-incomplete"


BROKEN: dict[str, dict[str, Any]] = {
    "vocabulary not a list": {"tokenizer.vocabulary": "abc"},
    "vocabulary of numbers": {"tokenizer.vocabulary": [1, 2]},
    "empty vocabulary": {"tokenizer.vocabulary": []},
    "EOS a flag": {"tokenizer.eos_token_id": True},
    "EOS a word": {"tokenizer.eos_token_id": "2"},
    "EOS out of range": {"tokenizer.eos_token_id": 10**6},
    "merges of one part": {"tokenizer.merges": ["ab"]},
    "own key a list": {"shipworthy.tokenizer": []},
    "added token without id": {"shipworthy.tokenizer": {"added_tokens": [{"content": "x"}]}},
    "template a number": {"chat_template": 3},
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_refused(case: str) -> None:
    with pytest.raises(FileError) as caught:
        TokenizerSpec.from_apr({**small_spec().to_apr(), **BROKEN[case]}, FILE)
    assert caught.value.code == "tokenizer-broken"


@given(st.text())
def test_any_text_survives_encoding(text: str) -> None:
    spec = small_spec("smollm")
    ids = SMOLLM.encode(text, add_special_tokens=False).ids
    assert spec.decode_bytes(ids) == text.encode()


def test_digest_tells_tokenizers_apart_and_ignores_the_chat_template() -> None:
    spec = small_spec()
    assert replace(spec, chat_template="other").digest() == spec.digest()
    for changed in (
        replace(spec, pre="qwen2"),
        replace(spec, merges=spec.merges[1:]),
        replace(spec, eos_token_id=0),
        replace(spec, added_tokens=spec.added_tokens[1:]),
    ):
        assert changed.digest() != spec.digest()


@pytest.mark.parametrize(
    "components",
    [
        {"model": {}, "decoder": {"type": "Nope"}},
        {"model": {"dropout": "much"}},
        {"model": {}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}},
    ],
    ids=["unknown decoder", "dropout that is text", "expression that is none"],
)
def test_components_that_the_tokenizers_package_refuses_are_named(components: dict[str, Any]) -> None:
    spec = replace(small_spec(), components=components)
    with pytest.raises(ShipworthyError, match=r"no tokenizer can be built.*\[tokenizer-broken\]"):
        spec.build()
