"""What is carried beside a format's own keys completes them and never replaces one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import TokenizerSpec, open_checkpoint
from shipworthy.checkpoint.carried import (
    CONFIG_KEY,
    GGUF_KEY,
    MAX_BYTES,
    carried_in_gguf,
    completed,
    contradicted,
    left_over,
    same,
    to_text,
)
from shipworthy.checkpoint.tokenizer_carried import OF_CONFIG, OF_GGUF, with_carried
from shipworthy.errors import FileError, UsageError
from tokenizer_cases import small_spec

HERE = Path("model.gguf")
NATIVE = {
    "architecture": "llama",
    "hidden_size": 64,
    "rope_theta": 10_000.0,
    "rms_norm_eps": 1e-5,
    "name": "small",
}
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
FIELDS = st.dictionaries(st.sampled_from(["license", "own.key", "param_count", "ä"]), VALUES)


@given(FIELDS)
def test_what_is_carried_comes_back(fields: dict[str, Any]) -> None:
    stated = {**NATIVE, **fields}
    carried = left_over(stated, NATIVE)
    assert not carried.keys() & NATIVE.keys()
    read = carried_in_gguf({GGUF_KEY: to_text(carried, HERE)}, HERE)
    found = completed(NATIVE, read, HERE)
    wanted = {key: value for key, value in stated.items() if value is not None}
    assert json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [("rope_theta", 10_000), ("rope_theta", 10_000.0001), ("rms_norm_eps", 1.00000000001e-5)],
)
def test_a_number_that_float32_cannot_tell_apart_is_exact(key: str, value: float) -> None:
    assert same(completed(NATIVE, left_over({key: value}, NATIVE), HERE)[key], value)
    assert contradicted({key: value}, NATIVE) == []


CONTRADICTIONS: dict[str, tuple[str, Any]] = {
    "another rotary base": ("rope_theta", 10_001.0),
    "another name": ("name", "large"),
    "a number as text": ("hidden_size", "64"),
    "a truth value for a number": ("hidden_size", True),
    "a field by an alias": ("n_embd", 64),
    "another alias, of a field that is not stated": ("ffn_dim", 96),
    "a constant that a runtime would not find": ("num_layers", 2),
    "a vocabulary": ("tokenizer.vocabulary", ["a"]),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_contradiction_is_refused(case: str) -> None:
    key, value = CONTRADICTIONS[case]
    with pytest.raises(FileError, match=key) as caught:
        completed(NATIVE, {key: value}, HERE)
    assert caught.value.code == "metadata-conflict"


BROKEN: dict[str, tuple[Any, str]] = {
    "not text": (5, "carried-json"),
    "not JSON": ("{", "carried-json"),
    "a list": ("[]", "carried-not-an-object"),
    "a key twice": ('{"a": 1, "a": 1}', "carried-duplicate-key"),
    "NaN": ('{"a": NaN}', "carried-not-finite"),
    "too deep": ('{"a": ' + "[" * 99 + "]" * 99 + "}", "carried-depth"),
    "too large": ('{"a": "' + "a" * MAX_BYTES + '"}', "metadata-size"),
    "text that is stated otherwise": ('{"shipworthy.run_id": "b"}', "metadata-conflict"),
    "an entry that is stated otherwise": ('{"shipworthy.producer": {"name": "b"}}', "metadata-conflict"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_refused_by_name(case: str) -> None:
    value, code = BROKEN[case]
    fields = {"shipworthy.run_id": "a", "shipworthy.producer.name": "a", GGUF_KEY: value}
    with pytest.raises(FileError) as caught:
        carried_in_gguf(fields, HERE)
    assert caught.value.code == code


def test_what_is_no_json_or_too_much_is_not_written() -> None:
    with pytest.raises(UsageError) as usage:
        to_text({"a": float("nan")}, HERE)
    assert usage.value.code == "metadata-not-json"
    with pytest.raises(FileError) as size:
        to_text({"a": "ä" * (MAX_BYTES // 2)}, HERE)
    assert size.value.code == "metadata-size"


def test_a_config_json_that_contradicts_itself_is_refused(hf_directory: Path) -> None:
    config = json.loads((hf_directory / "config.json").read_text())
    for carried, code in (
        ({"vocab_size": 33}, "metadata-conflict"),
        ({"hf_model_type": "qwen2"}, "metadata-conflict"),
        ([], "carried-not-an-object"),
    ):
        (hf_directory / "config.json").write_text(json.dumps({**config, CONFIG_KEY: carried}))
        with pytest.raises(FileError) as caught:
            open_checkpoint(hf_directory)
        assert caught.value.code == code
    (hf_directory / "config.json").write_text(json.dumps({**config, CONFIG_KEY: {"license": "mit"}}))
    (hf_directory / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    with pytest.raises(FileError, match=r"apache-2\.0"):
        open_checkpoint(hf_directory)


def test_a_configuration_does_not_change_by_what_is_carried(
    hf_directory: Path, config: ArchitectureConfig
) -> None:
    stated = json.loads((hf_directory / "config.json").read_text())
    (hf_directory / "config.json").write_text(json.dumps({**stated, CONFIG_KEY: {"rope_type": 9, "x": 1}}))
    with open_checkpoint(hf_directory) as checkpoint:
        assert checkpoint.config() == config
        assert (checkpoint.metadata["rope_type"], checkpoint.metadata["x"]) == (9, 1)


def nfc(spec: TokenizerSpec) -> TokenizerSpec:
    first, *others = spec.added_tokens
    components = {**spec.components, "normalizer": {"type": "NFC"}}
    return replace(spec, components=components, added_tokens=(replace(first, lstrip=True), *others))


def carried_of(spec: TokenizerSpec, native: TokenizerSpec) -> dict[str, Any]:
    return left_over(spec.to_apr(), native.to_apr())


def test_a_normalizer_and_flags_are_carried_in_a_gguf() -> None:
    native, spec = small_spec("qwen2"), nfc(small_spec("qwen2"))
    carried = carried_of(spec, native)
    assert set(carried["shipworthy.tokenizer"]) == {"components", "added_tokens"}
    assert with_carried(native, carried, OF_GGUF, HERE) == spec


def test_ids_that_cut_alike_are_told_apart_in_a_directory() -> None:
    native, spec = small_spec("smollm"), small_spec("refact")
    assert with_carried(native, carried_of(spec, native), OF_CONFIG, HERE) == spec


Change = Callable[[dict[str, Any]], object]
TOKENIZER_CONTRADICTIONS: dict[str, tuple[Change, str]] = {
    "a pre-tokenizer": (lambda own: own.update(pre="mpt"), "metadata-conflict"),
    "components that cut otherwise": (
        lambda own: own["components"].update(pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False}),
        "metadata-conflict",
    ),
    "a token in front": (
        lambda own: own["components"].update(
            post_processor=small_spec("qwen2", add_bos=True).components["post_processor"]
        ),
        "metadata-conflict",
    ),
    "one added token less": (lambda own: own["added_tokens"].pop(), "metadata-conflict"),
    "a special token that is none": (
        lambda own: own["added_tokens"][0].update(special=False),
        "metadata-conflict",
    ),
    "a token of another text": (lambda own: own["added_tokens"][0].update(content="<x>"), "tokenizer-broken"),
    "flags of another kind": (lambda own: own.update(added_tokens=[1]), "tokenizer-broken"),
    "no components": (lambda own: own.update(components={}), "metadata-conflict"),
    "components of another kind": (
        lambda own: own.update(components={"pre_tokenizer": 5, "model": 5}),
        "tokenizer-broken",
    ),
}


@pytest.mark.parametrize("case", TOKENIZER_CONTRADICTIONS)
def test_a_tokenizer_that_is_carried_otherwise_is_refused(case: str) -> None:
    change, code = TOKENIZER_CONTRADICTIONS[case]
    native = small_spec("qwen2")
    carried = json.loads(json.dumps(carried_of(nfc(native), native)))
    change(carried["shipworthy.tokenizer"])
    with pytest.raises(FileError) as caught:
        with_carried(native, carried, OF_GGUF, HERE)
    assert caught.value.code == code
    fields = {**native.to_gguf(len(native.tokens)), GGUF_KEY: json.dumps(carried)}
    with pytest.raises(FileError):
        TokenizerSpec.from_gguf(fields, HERE)


@pytest.mark.parametrize("value", [[], "x", 7])
def test_a_tokenizer_that_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(FileError) as caught:
        with_carried(small_spec("qwen2"), {"shipworthy.tokenizer": value}, OF_GGUF, HERE)
    assert caught.value.code == "tokenizer-broken"


def test_a_special_token_is_carried_only_where_none_is_stated() -> None:
    native = replace(small_spec("smollm"), bos_token_id=None)
    assert with_carried(native, {"tokenizer.bos_token_id": 3}, OF_CONFIG, HERE).bos_token_id == 3
    for spec, allowed in ((small_spec("smollm"), OF_CONFIG), (native, OF_GGUF)):
        with pytest.raises(FileError) as caught:
            with_carried(spec, {"tokenizer.bos_token_id": 3}, allowed, HERE)
        assert caught.value.code == "metadata-conflict"
