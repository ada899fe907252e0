"""Our tokenizers and llama.cpp's give the same ids and the same bytes."""

from __future__ import annotations

import hashlib
import textwrap
import unicodedata
from pathlib import Path

import pytest

from shipworthy.checkpoint import TokenizerSpec, open_checkpoint
from shipworthy.checkpoint.pretokenizers import PRE_TOKENIZERS
from shipworthy.pipeline import llama_cpp
from shipworthy.pipeline.base_model import base_model_path
from tokenizer_cases import TEXTS, all_pre_ids, small_spec, write_vocabulary

CONVERTER_TEXT = (
    "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n\U0001f680 (normal) \U0001f636\u200d\U0001f32b"
    "\ufe0f (multiple emojis concatenated) \u2705 \U0001f999\U0001f999 3 33 333 3333 33333 333333 333"
    "3333 33333333 3.3 3..3 3...3 \u1780\u17b6\u1793\u17cb\u178f\u17c2\u1796\u17b7\u179f\u17c1\u179f"
    "\u17a2\u17b6\u1785\U0001f601 ?\u6211\u60f3\u5728apple\u5de5\u4f5c1314151\u5929～ ------======= не"
    "що на Български ''''''```````\"\"\"\"......!!!!!!?????? I've been 'told he's there, 'RE you sure"
    "? 'M not sure I'll make it, 'D you like some tea? We'Ve a'lL"
)
"""What llama.cpp's converter encodes to recognize a pre-tokenizer (`get_vocab_base_pre`)."""

SMOLLM_HASH = "855059429035d75a914d1eda9f10a876752e281a054a7a3d421ef0533e5b6249"
"""The SHA-256 it has on record for Hugging Face's tokenizer of the smollm family."""


def telling_characters() -> list[str]:
    """Characters in the company of a letter, a digit and spaces: all assigned ones below U+3100, and above
    it those at either end of a run of one category, where tables of different Unicode versions differ."""
    kinds = [unicodedata.category(chr(code)) for code in range(0x110000)]
    chosen = [
        chr(code)
        for code, kind in enumerate(kinds)
        if kind not in ("Cs", "Cn", "Co") and (code < 0x3100 or {kind} != set(kinds[code - 1 : code + 2]))
    ]
    return [
        "".join(f"a{character}1 {character}b" for character in chosen[start : start + 2000])
        for start in range(0, len(chosen), 2000)
    ]


def assert_same(spec: TokenizerSpec, gguf: Path, texts: list[str], log: Path) -> None:
    built = spec.build()
    theirs = llama_cpp.tokenize(gguf, texts, log=log)
    ours = [built.encode(text, add_special_tokens=False).ids for text in texts]
    different = [text for text, left, right in zip(texts, ours, theirs, strict=True) if left != right]
    assert different == []
    assert [spec.decode_bytes(ids) for ids in ours] == llama_cpp.detokenize(gguf, ours, log=log)


@pytest.mark.parametrize("pre", all_pre_ids())
def test_every_pre_tokenizer_cuts_as_llama_cpp_does(pre: str, tmp_path: Path, log: Path) -> None:
    spec = small_spec(pre)
    gguf = write_vocabulary(tmp_path / "vocabulary.gguf", spec.to_gguf(len(spec.tokens) + 7))
    source = Path(textwrap.__file__).read_text(encoding="utf-8")
    assert_same(spec, gguf, [*TEXTS, source, CONVERTER_TEXT], log)


@pytest.mark.slow
@pytest.mark.parametrize("pre", {PRE_TOKENIZERS[pre]: pre for pre in all_pre_ids()}.values())
def test_characters_of_every_kind_are_cut_alike(pre: str, tmp_path: Path, log: Path) -> None:
    spec = small_spec(pre)
    gguf = write_vocabulary(tmp_path / "vocabulary.gguf", spec.to_gguf(len(spec.tokens)))
    assert_same(spec, gguf, telling_characters(), log)


def test_control_tokens_in_text_are_found_only_when_asked(tmp_path: Path, log: Path) -> None:
    spec = small_spec()
    gguf = write_vocabulary(tmp_path / "vocabulary.gguf", spec.to_gguf(len(spec.tokens)))
    asked = llama_cpp.tokenize(gguf, ["<|im_start|>x"], log=log)[0]
    plain = llama_cpp.tokenize(gguf, ["<|im_start|>x"], log=log, parse_special=False)[0]
    assert asked[0] == 1
    assert 1 not in plain


@pytest.mark.parametrize("add_bos", [False, True])
def test_bos_is_added_by_both_or_neither(add_bos: bool, tmp_path: Path, log: Path) -> None:
    spec = small_spec("llama-bpe", add_bos=add_bos)
    gguf = write_vocabulary(tmp_path / "vocabulary.gguf", spec.to_gguf(len(spec.tokens)))
    assert llama_cpp.tokenize(gguf, ["x"], log=log, add_special=True)[0] == spec.build().encode("x").ids


def test_a_user_defined_token_is_bytes_of_its_own(tmp_path: Path, log: Path) -> None:
    spec = small_spec()
    gguf = write_vocabulary(tmp_path / "vocabulary.gguf", spec.to_gguf(len(spec.tokens) + 1))
    ids = [[len(spec.tokens) - 1, 2, len(spec.tokens)]]
    assert llama_cpp.detokenize(gguf, ids, log=log) == [b"<tool call><|im_end|>"]
    assert spec.decode_bytes(ids[0]) == b"<tool call><|im_end|>"


def test_the_base_model_tokenizes_as_llama_cpp_does(log: Path) -> None:
    path = base_model_path()
    with open_checkpoint(path) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    source = Path(textwrap.__file__).read_text(encoding="utf-8")
    assert_same(spec, path, [*TEXTS, source, CONVERTER_TEXT], log)


def test_the_base_model_tokenizes_as_hugging_face_does() -> None:
    with open_checkpoint(base_model_path()) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    ids = spec.build().encode(CONVERTER_TEXT).ids
    assert hashlib.sha256(str(ids).encode()).hexdigest() == SMOLLM_HASH
