"""`stamp`: a copy that says something else about the same bytes, holds together, and tells what it is."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.architecture import ALIASES
from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.checkpoint.stamp import RECORD, StampReport, stamp
from shipworthy.checkpoint.validate import validate
from shipworthy.errors import FileError, ShipworthyError, UsageError
from small_checkpoints import CONFIGS, random_weights, save_small
from tokenizer_cases import small_spec

LLAMA = CONFIGS["llama"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return save_small(tmp_path / "source.apr", LLAMA)


def stated(path: Path) -> dict[str, Any]:
    """All metadata of an `.apr`, tokenizer included."""
    with open_checkpoint(path) as checkpoint:
        checkpoint.verify()
        return dict(checkpoint.native_metadata)


def without_record(path: Path) -> dict[str, Any]:
    return {key: value for key, value in stated(path).items() if key != RECORD}


def stamped(source: Path, *assignments: str, **options: Any) -> tuple[Path, StampReport]:
    out = source.with_name("out.apr")
    report = stamp(source, out, assignments=assignments, **options)
    json.dumps(report.to_json(), allow_nan=False)
    return out, report


def refusal(source: Path, *assignments: str, **options: Any) -> ShipworthyError:
    out = source.with_name("refused.apr")
    with pytest.raises(ShipworthyError) as refused:
        stamp(source, out, assignments=assignments, **options)
    assert not out.exists()
    return refused.value


def test_a_field_is_set_and_everything_else_is_as_it_was(source: Path) -> None:
    before, data = stated(source), source.read_bytes()
    out, report = stamped(source, "license=mit", "version=2")
    assert source.read_bytes() == data
    assert without_record(out) == {**before, "license": "mit", "version": "2"}
    changes = [(change.field, change.before, change.after) for change in report.changes]
    assert changes == [("license", "apache-2.0", "mit"), ("version", None, "2")]
    with open_checkpoint(source) as a, open_checkpoint(out) as b:
        assert {n: bytes(a.raw(n)) for n in a.tensors} == {n: bytes(b.raw(n)) for n in b.tensors}
        assert (report.sha256, report.out_sha256) == (a.digest(), b.digest())
        assert b.metadata[RECORD] == {"changed": ["license", "version"], "of": a.digest()}
        assert validate(b).ok


def flagged(path: Path, flags: int) -> Path:
    """An `.apr` as another writer makes it, with `flags` beside those that follow from its content."""
    with open_checkpoint(save_small(path.with_name("plain.apr"), LLAMA)) as plain:
        tensors = {
            name: TensorSource(entry.dtype, entry.shape, partial(plain.raw_blocks, name))
            for name, entry in plain.tensors.items()
        }
        write_apr(path, metadata=plain.metadata, tensors=tensors, tokenizer=plain.tokenizer(), flags=flags)
    return path


@pytest.mark.parametrize("flags", [0x0020, 0x0040, 0x0080, 0x0100, 0x01E0])
def test_what_the_header_says_is_kept(tmp_path: Path, flags: int) -> None:
    out, _ = stamped(flagged(tmp_path / "flagged.apr", flags), "name=mine")
    with open_checkpoint(out) as checkpoint:
        assert checkpoint.header_flags == flags | 0x0600


def test_the_same_stamp_gives_the_same_bytes(source: Path) -> None:
    first, _ = stamped(source, "license=mit")
    data = first.read_bytes()
    assert stamped(source, "license=mit")[0].read_bytes() == data


def test_block_formats_are_copied_as_they_are_stored(tmp_path: Path) -> None:
    draws = np.random.default_rng(0)
    sizes = {"Q4_K": 144 * 4, "Q6_K": 210 * 4, "AprQ4": 18 * 32, "AprQ8": 4 + 1024, "F16": 2048, "BF16": 2048}
    blobs = {dtype: draws.bytes(size) for dtype, size in sizes.items()}

    def load(dtype: str) -> list[memoryview]:
        return [memoryview(blobs[dtype])]

    source = tmp_path / "source.apr"
    sources = {dtype: TensorSource(dtype, (4, 256), partial(load, dtype)) for dtype in blobs}
    write_apr(source, metadata={"name": "blocks"}, tensors=sources, tokenizer=None)
    out, _ = stamped(source, "name=other")
    with open_checkpoint(out) as checkpoint:
        assert {name: entry.dtype for name, entry in checkpoint.tensors.items()} == {n: n for n in blobs}
        assert {name: bytes(checkpoint.raw(name)) for name in checkpoint.tensors} == blobs


VALUES: dict[str, tuple[str, Any]] = {
    "whole": ("max_position_embeddings=256", 256),
    "number written whole": ("rope_theta=500000", 500000),
    "number": ("rms_norm_eps=1e-6", 1e-6),
    "text that looks like a number": ("version=2", "2"),
    "text with =": ("description=a=b c", "a=b c"),
    "object": ('quantization={"quant_type":"q4","bits":4}', {"quant_type": "q4", "bits": 4}),
    "an alias": ("n_ctx=512", 512),
}


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_value_has_the_type_of_its_field(name: str, source: Path) -> None:
    text, value = VALUES[name]
    field = text.split("=")[0]
    field = next((canonical for canonical, aliases in ALIASES.items() if field in aliases), field)
    found = stated(stamped(source, text)[0])[field]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [("team=7", 7), ("team=blue", "blue"), ('team={"a":[1]}', {"a": [1]}), ("team=NaN", "NaN")],
)
def test_a_custom_field_is_json_where_it_reads_as_such(text: str, value: Any, source: Path) -> None:
    assert stated(stamped(source, text, custom=True)[0])["team"] == value
    assert refusal(source, text).code == "unknown-field"


REFUSED: dict[str, tuple[Sequence[str], str]] = {
    "more layers than there are": (["num_layers=40"], "metadata-disagrees"),
    "another width": (["hidden_size=128"], "metadata-disagrees"),
    "another family": (["architecture=qwen2"], "architecture-mislabelled"),
    "a family that nobody knows": (["architecture=mamba"], "architecture-mislabelled"),
    "a class of another family": (["hf_architecture=Qwen2ForCausalLM"], "metadata-disagrees"),
    "another number of parameters": (["param_count=1"], "metadata-disagrees"),
    "an absurd epsilon": (["rms_norm_eps=0.5"], "metadata-implausible"),
    "heads that cannot share": (["num_heads=3"], "metadata-implausible"),
    "no heads": (["num_heads=0"], "metadata-implausible"),
    "a fraction": (["num_layers=2.0"], "bad-value"),
    "a word for a number": (["rope_theta=big"], "bad-value"),
    "not a number": (["rope_theta=NaN"], "bad-value"),
    "true for a number": (["num_layers=true"], "bad-value"),
    "text for an object": (["quantization=q4"], "bad-value"),
    "nothing": (["license="], "bad-value"),
    "null": (["hidden_size=null"], "bad-value"),
    "no =": (["license"], "bad-assignment"),
    "no key": (["=mit"], "bad-assignment"),
    "a field that is not known": (["licence=mit"], "unknown-field"),
    "a time of writing": (["created_at=now"], "reserved-field"),
    "the record": (["shipworthy.stamp={}"], "reserved-field"),
    "a vocabulary": (["tokenizer.vocabulary=[]"], "reserved-field"),
    "one field twice": (["license=mit", "license=bsd"], "set-twice"),
    "one field under two names": (["num_layers=2", "n_layers=2"], "set-twice"),
    "nothing new": (["license=apache-2.0"], "nothing-to-stamp"),
    "no change at all": ([], "nothing-to-stamp"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_stamped_is_refused(name: str, source: Path) -> None:
    assignments, code = REFUSED[name]
    error = refusal(source, *assignments, custom=name in ("the record", "a time of writing", "a vocabulary"))
    assert (type(error), error.code) == (UsageError, code)
    assert error.fix or code == "bad-value"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("rope_theta", "metadata-missing"),
        ("nowhere", "absent-field"),
        ("n_embd", "absent-field"),
        ("tokenizer.merges", "reserved-field"),
        ("shipworthy.tokenizer", "reserved-field"),
    ],
)
def test_what_cannot_be_taken_away(field: str, code: str, source: Path) -> None:
    assert refusal(source, unset=[field]).code == code


def test_a_field_is_taken_away(source: Path) -> None:
    out, report = stamped(source, unset=["license", "head_dim"])
    assert without_record(out) == {
        k: v for k, v in stated(source).items() if k not in ("license", "head_dim")
    }
    assert [(change.field, change.after) for change in report.changes] == [
        ("head_dim", None),
        ("license", None),
    ]


def test_a_wrong_field_can_be_repaired_one_by_one(tmp_path: Path) -> None:
    """What was wrong before and is not touched is no reason to refuse."""
    wrong = {"num_layers": 7, "architecture": "qwen2", "hf_architecture": None, "rope_theta": None}
    source = save_small(tmp_path / "source.apr", LLAMA, metadata=wrong)
    first, _ = stamped(source, "num_layers=2")
    second = stamp(first, tmp_path / "2.apr", assignments=["architecture=llama"])
    third = stamp(tmp_path / "2.apr", tmp_path / "3.apr", assignments=["rope_theta=10000.0"])
    with open_checkpoint(tmp_path / "3.apr") as checkpoint:
        assert validate(checkpoint).ok
        record = checkpoint.metadata[RECORD]
    assert record["of"] == second.out_sha256 == third.sha256
    assert [entry["changed"] for entry in record["earlier"]] == [["num_layers"], ["architecture"]]


def test_where_no_tensor_can_tell_a_value_is_taken(tmp_path: Path) -> None:
    weights = {name: a for name, a in random_weights(LLAMA).items() if "embed" not in name}
    metadata = {"vocab_size": None, "param_count": None}
    source = save_small(tmp_path / "m.apr", LLAMA, weights=weights, metadata=metadata, tokenizer=None)
    assert stated(stamped(source, "vocab_size=720")[0])["vocab_size"] == 720


def test_aliases_become_their_field(tmp_path: Path) -> None:
    metadata = {"hidden_size": None, "n_embd": 64, "n_layer": 2}
    source = save_small(tmp_path / "source.apr", LLAMA, metadata=metadata)
    out, report = stamped(source, "license=mit")
    found = stated(out)
    assert (found["hidden_size"], found["num_layers"]) == (64, 2)
    assert not {"n_embd", "n_layer"} & found.keys()
    assert [change.field for change in report.changes] == ["hidden_size", "license", "n_embd", "n_layer"]


def test_two_names_with_two_values_need_a_word(tmp_path: Path) -> None:
    source = save_small(tmp_path / "source.apr", LLAMA, metadata={"n_layer": 3})
    assert refusal(source, "license=mit").code == "metadata-alias-conflict"
    assert stated(stamped(source, unset=["n_layer"])[0])["num_layers"] == 2
    assert stated(stamped(source, "num_layers=2")[0]).get("n_layer") is None


def test_a_time_of_writing_is_left_out_and_said(tmp_path: Path) -> None:
    from attacks.apr_bytes import AprFile

    source = tmp_path / "source.apr"
    source.write_bytes(AprFile(metadata=b'{"created_at":"2020-01-01","name":"old"}').build())
    out, report = stamped(source, "name=new")
    assert without_record(out) == {"name": "new"}
    assert [change.field for change in report.changes] == ["created_at", "name"]


def test_a_tokenizer_is_embedded_from_another_checkpoint(tmp_path: Path, source: Path) -> None:
    bare = save_small(tmp_path / "bare.apr", LLAMA, tokenizer=None)
    out, report = stamped(bare, tokenizer=source)
    assert without_record(out) == stated(source)
    (change,) = [change for change in report.changes if change.field == "tokenizer"]
    assert (change.before, change.after) == (None, small_spec("smollm").digest())
    assert out.read_bytes()[6:8] != bare.read_bytes()[6:8]  # the flag HAS_VOCAB
    with open_checkpoint(out) as checkpoint:
        assert checkpoint.tokenizer() == small_spec("smollm")


def test_a_tokenizer_is_embedded_from_a_directory_with_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    built = small_spec("smollm").build()
    built.save(str(folder / "tokenizer.json"))
    bare = save_small(tmp_path / "bare.apr", LLAMA, tokenizer=None)
    out, _ = stamped(bare, tokenizer=folder)
    with open_checkpoint(out) as checkpoint:
        spec = checkpoint.tokenizer()
    assert spec is not None
    text = "def main(): # <|im_end|> naïve"
    assert spec.build().encode(text).ids == built.encode(text).ids


def test_a_broken_tokenizer_is_replaced(tmp_path: Path, source: Path) -> None:
    spec = small_spec("smollm")
    broken = save_small(tmp_path / "broken.apr", LLAMA, tokenizer=replace(spec, merges=("no such",)))
    out, report = stamped(broken, tokenizer=source)
    assert without_record(out) == stated(source)
    assert report.changes[-1].before.startswith("broken: merge 0")
    assert refusal(broken, "license=mit").code == "tokenizer-broken"


def test_tokenizers_that_cannot_be_embedded(tmp_path: Path, source: Path) -> None:
    bare = save_small(tmp_path / "bare.apr", LLAMA, tokenizer=None)
    assert refusal(source, tokenizer=bare).code == "tokenizer-absent"
    fewer = replace(LLAMA, vocab_size=100)
    small = save_small(tmp_path / "small.apr", fewer, tokenizer=None)
    assert refusal(small, tokenizer=source).code == "tokenizer-larger-than-embedding"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refusal(bare, tokenizer=empty).exit_code == 4


def test_a_file_is_never_stamped_in_place_not_through_links_either(tmp_path: Path, source: Path) -> None:
    data = source.read_bytes()
    (tmp_path / "soft.apr").symlink_to(source)
    os.link(source, tmp_path / "hard.apr")
    (tmp_path / "folder").symlink_to(tmp_path)
    outs = (source, tmp_path / "soft.apr", tmp_path / "hard.apr", tmp_path / "folder" / "source.apr")
    for out in outs:
        with pytest.raises(UsageError) as refused:
            stamp(source, out, assignments=["license=mit"])
        assert refused.value.code == "bad-output"
        with pytest.raises(UsageError):
            stamp(tmp_path / "soft.apr", out, assignments=["license=mit"])
    other = save_small(tmp_path / "other.apr", LLAMA, tokenizer=None)
    with pytest.raises(UsageError):
        stamp(other, source, tokenizer=source)
    assert source.read_bytes() == data
    assert (tmp_path / "soft.apr").is_symlink()


def test_only_an_apr_that_verifies_is_stamped(tmp_path: Path, source: Path) -> None:
    from attacks.gguf_bytes import GGUFFile

    gguf = tmp_path / "m.gguf"
    gguf.write_bytes(GGUFFile().build())
    error = refusal(gguf, "license=mit")
    assert (error.code, "shipworthy convert" in error.fix) == ("not-an-apr", True)
    data = bytearray(source.read_bytes())
    data[-70] ^= 1
    source.write_bytes(data)
    error = refusal(source, "license=mit")
    assert (type(error), error.code) == (FileError, "footer-crc")


OPTIONAL = ("name", "license", "author", "description", "version", "source", "chat_format")


@given(
    st.dictionaries(
        st.sampled_from(OPTIONAL),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
        min_size=1,
    )
)
def test_stamped_and_unstamped_is_the_same_metadata(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("there-and-back")
    path = folder / "0.apr"
    write_apr(path, metadata={"name": "small", "license": "mit"}, tensors={}, tokenizer=None)
    before = stated(path)
    changed = {field: value for field, value in values.items() if before.get(field) != value}
    if not changed:
        return
    stamp(path, folder / "1.apr", assignments=[f"{k}={v}" for k, v in changed.items()])
    stamp(
        folder / "1.apr",
        folder / "2.apr",
        assignments=[f"{field}={before[field]}" for field in changed if field in before],
        unset=[field for field in changed if field not in before],
    )
    assert without_record(folder / "1.apr") == {**before, **values}
    assert without_record(folder / "2.apr") == before
