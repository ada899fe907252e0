"""A Hugging Face directory's tokenizer: rebuilt as it is, named for llama.cpp only where certain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken as HfAddedToken
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors

from shipworthy.checkpoint import TokenizerSpec
from shipworthy.errors import FileError, ShipworthyError
from tokenizer_cases import SPECIAL, TEXTS, TOOL, small_spec

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
CUTS: dict[str, Any] = {
    "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "smollm": pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    ),
    "qwen2": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"), BYTES]),
    "": pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), BYTES]),
}
EOS = {"__type": "AddedToken", "content": SPECIAL[2], "special": True}
CONFIG = {"bos_token": SPECIAL[1], "eos_token": EOS, "pad_token": SPECIAL[2]}


def directory(tmp_path: Path, tokenizer: Tokenizer, config: dict[str, Any] | None = None) -> Path:
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    if config is not None:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    return tmp_path


@pytest.mark.parametrize("pre", CUTS)
def test_it_encodes_as_the_original_and_is_recognized_or_not(pre: str, tmp_path: Path) -> None:
    original = small_spec().build()
    original.pre_tokenizer = CUTS[pre]
    original.normalizer = normalizers.NFC()
    original.add_tokens(
        [HfAddedToken("<x>", single_word=True, lstrip=True), HfAddedToken(" é", normalized=True)]
    )
    spec = TokenizerSpec.from_hf(directory(tmp_path, original, CONFIG))
    assert spec.pre == pre
    assert (spec.bos_token_id, spec.eos_token_id, spec.unk_token_id, spec.pad_token_id) == (1, 2, None, 2)
    again = TokenizerSpec.from_apr(json.loads(json.dumps(spec.to_apr())), tmp_path)
    for rebuilt in (spec.build(), again.build()):
        for text in (*TEXTS, "a <x> é b<x>c"):
            assert rebuilt.encode(text).ids == original.encode(text).ids
            assert rebuilt.decode(original.encode(text).ids) == original.decode(original.encode(text).ids)


def test_what_is_not_recognized_is_refused_on_export(tmp_path: Path) -> None:
    original = small_spec().build()
    original.pre_tokenizer = CUTS[""]
    spec = TokenizerSpec.from_hf(directory(tmp_path, original))
    with pytest.raises(ShipworthyError, match="Whitespace") as caught:
        spec.to_gguf(len(spec.tokens))
    assert caught.value.code == "unknown-pre-tokenizer"


@pytest.mark.parametrize(
    ("name", "component"),
    [
        ("normalizer", {"type": "Lowercase"}),
        ("pre_tokenizer", {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}),
        ("pre_tokenizer", None),
    ],
)
def test_a_component_that_llama_cpp_has_not_makes_it_unknown(
    name: str, component: dict[str, Any] | None, tmp_path: Path
) -> None:
    stated = json.loads(small_spec().build().to_str())
    stated[name] = component
    (tmp_path / "tokenizer.json").write_text(json.dumps(stated))
    assert TokenizerSpec.from_hf(tmp_path).pre == ""


@pytest.mark.parametrize("identifier", [0, 1.5, True, "7", None])
def test_an_id_that_is_taken_or_no_number_is_refused(identifier: Any, tmp_path: Path) -> None:
    stated = json.loads(small_spec().build().to_str())
    stated["model"]["vocab"]["one more"] = identifier
    (tmp_path / "tokenizer.json").write_text(json.dumps(stated))
    with pytest.raises(FileError, match="one more") as caught:
        TokenizerSpec.from_hf(tmp_path)
    assert caught.value.code == "tokenizer-broken"


def test_ignore_merges_is_part_of_what_is_recognized(tmp_path: Path) -> None:
    stated = json.loads(small_spec("llama-bpe").build().to_str())
    (tmp_path / "tokenizer.json").write_text(json.dumps(stated))
    assert TokenizerSpec.from_hf(tmp_path).pre == "llama-bpe"
    stated["model"]["ignore_merges"] = False
    (tmp_path / "tokenizer.json").write_text(json.dumps(stated))
    assert TokenizerSpec.from_hf(tmp_path).pre == ""


def test_a_tokenizer_that_adds_eos_is_refused_on_export(tmp_path: Path) -> None:
    tokenizer = small_spec().build()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {SPECIAL[2]}", special_tokens=[(SPECIAL[2], 2)]
    )
    spec = TokenizerSpec.from_hf(directory(tmp_path, tokenizer, CONFIG))
    assert spec.build().encode("x").ids[-1] == 2
    with pytest.raises(ShipworthyError, match="in front") as caught:
        spec.to_gguf(len(spec.tokens))
    assert caught.value.code == "tokenizer-unsupported"


def test_clean_up_of_spaces_chooses_among_ids_that_cut_alike(tmp_path: Path) -> None:
    tokenizer = small_spec("smollm").build()
    spec = TokenizerSpec.from_hf(directory(tmp_path, tokenizer, {"clean_up_tokenization_spaces": True}))
    assert spec.pre == "starcoder"


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("wanted", [None, False, True])
def test_bos_is_added_where_transformers_adds_it(in_file: bool, wanted: bool | None, tmp_path: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    config = {**CONFIG, "tokenizer_class": "PreTrainedTokenizerFast"}
    if wanted is not None:
        config["add_bos_token"] = wanted
    spec = TokenizerSpec.from_hf(directory(tmp_path, small_spec(add_bos=in_file).build(), config))
    theirs = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    assert spec.build().encode("x").ids == theirs("x")["input_ids"]
    assert spec.add_bos_token == (theirs("x")["input_ids"][0] == 1)


def test_the_template_file_comes_before_the_configuration(tmp_path: Path) -> None:
    tokenizer = small_spec().build()
    named = [{"name": "rag", "template": "no"}, {"name": "default", "template": "yes"}]
    path = directory(tmp_path, tokenizer, {"chat_template": named})
    assert TokenizerSpec.from_hf(path).chat_template == "yes"
    (path / "chat_template.jinja").write_text("file")
    assert TokenizerSpec.from_hf(path).chat_template == "file"


def test_an_id_that_nothing_uses_becomes_a_pad(tmp_path: Path) -> None:
    stated = json.loads(small_spec().build().to_str())
    last = stated["added_tokens"][-1]
    assert last["content"] == TOOL
    last["id"] += 2
    del stated["model"]["vocab"][TOOL]
    (tmp_path / "tokenizer.json").write_text(json.dumps(stated))
    spec = TokenizerSpec.from_hf(tmp_path)
    assert spec.tokens[-3:] == (f"[PAD{last['id'] - 2}]", f"[PAD{last['id'] - 1}]", TOOL)
    assert spec.to_gguf(last["id"] + 1)["tokenizer.ggml.token_type"][-3:] == [5, 5, 4]


BROKEN: dict[str, tuple[str, str]] = {
    "not JSON": ("tokenizer-broken", "{"),
    "a list": ("tokenizer-broken", "[]"),
    "a key twice": ("tokenizer-broken", '{"model": {}, "model": {}}'),
    "no model": ("tokenizer-unsupported", "{}"),
    "Unigram": ("tokenizer-unsupported", '{"model": {"type": "Unigram"}}'),
    "SentencePiece-like BPE": (
        "tokenizer-unsupported",
        '{"model": {"type": "BPE"}, "decoder": {"type": "Metaspace"}}',
    ),
    "no vocabulary": ("tokenizer-broken", '{"model": {"type": "BPE"}, "decoder": {"type": "ByteLevel"}}'),
    "ids far apart": (
        "tokenizer-broken",
        '{"model": {"type": "BPE", "vocab": {"a": 99999999}, "merges": []},'
        ' "decoder": {"type": "ByteLevel"}}',
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_refused_by_name(case: str, tmp_path: Path) -> None:
    code, text = BROKEN[case]
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(FileError) as caught:
        TokenizerSpec.from_hf(tmp_path)
    assert caught.value.code == code


def test_a_directory_without_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no tokenizer\.json"):
        TokenizerSpec.from_hf(tmp_path)


def test_a_special_token_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="<nowhere>"):
        TokenizerSpec.from_hf(directory(tmp_path, small_spec().build(), {"eos_token": "<nowhere>"}))
