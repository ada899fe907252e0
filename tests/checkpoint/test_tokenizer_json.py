"""What is wrong with a tokenizer's JSON is said in its own words, never in Python's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint import TokenizerSpec
from shipworthy.errors import FileError
from tokenizer_cases import small_spec

PYTHON = re.compile(r"Error|__init__|object has no|NoneType|not iterable|unexpected keyword|to unpack")
ADDED = {"id": 1, "content": "<x>", "special": True}
OWN: dict[str, tuple[Any, str]] = {
    "a list": ([], "there is [] where an object is due"),
    "an added token of text": ({"added_tokens": ["x"]}, "an added token is 'x', not an object"),
    "a field that there is not": ({"added_tokens": [{**ADDED, "hue": 1}]}, "states 'hue'"),
    "no content": ({"added_tokens": [{"id": 1, "special": True}]}, "has no 'content'"),
    "added tokens of a number": ({"added_tokens": 3}, "of another type"),
    "pre of a number": ({"pre": 3}, "3 is not a str"),
}


def refused(call: Any) -> FileError:
    with pytest.raises(FileError) as caught:
        call()
    assert caught.value.code == "tokenizer-broken"
    assert caught.value.fix
    assert not PYTHON.search(str(caught.value)), caught.value
    return caught.value


@pytest.mark.parametrize("case", OWN)
def test_in_an_apr(case: str) -> None:
    own, said = OWN[case]
    metadata = {**small_spec().to_apr(), "shipworthy.tokenizer": own}
    assert said in str(refused(lambda: TokenizerSpec.from_apr(metadata, Path("model.apr"))))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"added_tokens": [{"id": 1}]}, "has no 'content'"),
        ({"added_tokens": [[]]}, "an added token is [], not an object"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}}}, "'merges' is missing"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}}, "not of two parts"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": 3}}, "of another type"),
        ({"model": {"type": "BPE", "vocab": ["a"], "merges": []}}, "where an object is due"),
    ],
)
def test_in_a_directory(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    stated = {**json.loads(small_spec().build().to_str()), **change}
    (tmp_path / "tokenizer.json").write_text(json.dumps(stated))
    assert said in str(refused(lambda: TokenizerSpec.from_hf(tmp_path)))
