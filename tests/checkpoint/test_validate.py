"""`validate`: a good file has no findings, and every planted defect is named where it lies."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attacks.gguf_bytes import F32, GGUFFile, GGUFTensor, array, scalar, text
from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.checkpoint.finding import Report
from shipworthy.checkpoint.validate import validate
from shipworthy.errors import FileError
from small_checkpoints import CONFIGS, random_weights, save_small
from tokenizer_cases import small_spec

Weights = dict[str, np.ndarray]
LLAMA = CONFIGS["llama"]
DOWN, NORM, EMBEDDING = (
    "model.layers.1.mlp.down_proj.weight",
    "model.norm.weight",
    "model.embed_tokens.weight",
)
LAST = max(random_weights(LLAMA))


def report_of(path: Path) -> Report:
    with open_checkpoint(path) as checkpoint:
        return validate(checkpoint)


def planted(
    path: Path, change: Callable[[Weights], object], config: str = "llama", **metadata: Any
) -> Report:
    """The report on a good checkpoint with one change to its weights, and some to its metadata."""
    weights = random_weights(CONFIGS[config])
    change(weights)
    return report_of(save_small(path / "m.apr", CONFIGS[config], weights=weights, metadata=metadata))


def unchanged(weights: Weights) -> None:
    """Only the metadata is wrong."""


def located(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in report.findings]


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_a_good_file_has_no_findings(name: str, tmp_path: Path) -> None:
    report = planted(tmp_path, unchanged, name)
    assert (report.findings, report.notes) == ((), ())
    assert report.counted["tensors"] == len(CONFIGS[name].tensor_shapes())
    assert report.counted["values"] == CONFIGS[name].param_count()


def set_value(name: str, at: tuple[int, ...], value: float) -> Callable[[Weights], None]:
    def change(weights: Weights) -> None:
        weights[name][at] = value

    return change


def test_a_nan_at_the_last_value_of_the_last_tensor(tmp_path: Path) -> None:
    (finding,) = planted(tmp_path, set_value(LAST, (-1,), np.nan)).findings
    assert (finding.code, finding.where) == ("nan", LAST)
    assert finding.found == {"count": 1, "first_not_finite": [63]}
    assert "1 of 64 values of model.norm.weight are NaN" in finding.what


def test_infinities_are_counted_and_the_first_is_placed(tmp_path: Path) -> None:
    def change(weights: Weights) -> None:
        weights[DOWN][3, 5] = -np.inf
        weights[DOWN][60, 95] = np.inf

    (finding,) = planted(tmp_path, change).findings
    assert (finding.code, finding.where) == ("infinite", DOWN)
    assert finding.found == {"count": 2, "first_not_finite": [3, 5]}


def test_every_tensor_of_zeros_is_named(tmp_path: Path) -> None:
    def change(weights: Weights) -> None:
        weights[DOWN][:] = 0
        weights[NORM][:] = -0.0

    assert located(planted(tmp_path, change)) == [("all-zero", DOWN), ("all-zero", NORM)]


def test_a_constant_matrix_is_a_note_and_a_norm_of_ones_is_none(tmp_path: Path) -> None:
    def change(weights: Weights) -> None:
        weights[DOWN][:] = 0.5
        weights[NORM][:] = 1

    report = planted(tmp_path, change)
    assert report.findings == ()
    assert [(note.code, note.where) for note in report.notes] == [("constant", DOWN)]


def drop(*names: str) -> Callable[[Weights], None]:
    def change(weights: Weights) -> None:
        for name in names:
            del weights[name]

    return change


def extra_layer(weights: Weights) -> None:
    weights |= {
        name.replace(".1.", ".2."): value for name, value in list(weights.items()) if "layers.1." in name
    }


def transposed(weights: Weights) -> None:
    weights[DOWN] = np.ascontiguousarray(weights[DOWN].T)


LAYER = sorted(name.replace(".1.", ".2.") for name in random_weights(LLAMA) if "layers.1." in name)
PARAMETERS = ("metadata-disagrees", "param_count")
DEFECTS: dict[str, tuple[Callable[[Weights], object], dict[str, Any], list[tuple[str, str]]]] = {
    "no final norm": (drop(NORM), {}, [PARAMETERS, ("tensor-missing", NORM)]),
    "no embedding": (
        drop(EMBEDDING),
        {},
        [
            ("metadata-disagrees", "hidden_size"),
            ("metadata-disagrees", "vocab_size"),
            PARAMETERS,
            ("tensor-missing", EMBEDDING),
        ],
    ),
    "an extra layer": (
        extra_layer,
        {},
        [("metadata-disagrees", "num_layers"), PARAMETERS, *(("tensor-unexpected", name) for name in LAYER)],
    ),
    "a transposed matrix": (transposed, {}, [("tensor-shape", DOWN)]),
    "a wrong label": (
        unchanged,
        {"architecture": "qwen2", "hf_architecture": "Qwen2ForCausalLM"},
        [("architecture-mislabelled", "architecture")],
    ),
    "an unknown label": (
        unchanged,
        {"architecture": "mamba", "hf_architecture": None},
        [("architecture-mislabelled", "architecture"), ("unknown-architecture", "architecture")],
    ),
    "two families": (
        unchanged,
        {"hf_architecture": "Qwen3ForCausalLM"},
        [("metadata-disagrees", "hf_architecture")],
    ),
    "no heads": (unchanged, {"num_heads": None, "head_dim": None}, [("metadata-missing", "num_heads")]),
    "no rotary base": (unchanged, {"rope_theta": None}, [("metadata-missing", "rope_theta")]),
    "an absurd epsilon": (unchanged, {"rms_norm_eps": 0.5}, [("metadata-implausible", "rms_norm_eps")]),
    "a fraction for a whole number": (
        unchanged,
        {"max_position_embeddings": 128.0},
        [("metadata-type", "max_position_embeddings")],
    ),
    "too many layers claimed": (
        unchanged,
        {"num_layers": 3},
        [("metadata-disagrees", "num_layers"), *(("tensor-missing", name) for name in LAYER)],
    ),
    "two names of one field": (
        unchanged,
        {"n_embd": 64},
        [("metadata-alias-conflict", "hidden_size")],
    ),
    "another number of parameters": (unchanged, {"param_count": 1}, [PARAMETERS]),
}


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_planted_defect_is_named(name: str, tmp_path: Path) -> None:
    change, metadata, expected = DEFECTS[name]
    report = planted(tmp_path, change, **metadata)
    assert sorted(located(report)) == sorted(expected)
    assert all(finding.what and finding.fix for finding in report.findings)
    json.dumps(report.to_json(), allow_nan=False)


def test_qwen2_under_the_name_of_llama(tmp_path: Path) -> None:
    stated = {"architecture": "llama", "hf_architecture": "LlamaForCausalLM"}
    report = planted(tmp_path, unchanged, "qwen2", **stated)
    assert located(report)[0] == ("architecture-mislabelled", "architecture")
    assert (report.findings[0].claimed, "qwen2" in report.findings[0].found) == ("llama", True)


def of_gguf(path: Path, *keys: tuple[str, bytes], tensors: tuple[GGUFTensor, ...] = ()) -> Report:
    path.write_bytes(GGUFFile(keys=(("general.architecture", text("llama")), *keys), tensors=tensors).build())
    report = report_of(path)
    json.dumps(report.to_json(), allow_nan=False)
    return report


def test_a_number_that_is_not_json_is_spelled(tmp_path: Path) -> None:
    nan = struct.pack("<f", math.nan)
    report = of_gguf(
        tmp_path / "m.gguf",
        ("llama.rope.freq_base", scalar(F32, "f", math.nan)),
        ("llama.attention.head_count", array(F32, 2, 2 * nan)),
    )
    claimed = {finding.where: finding.claimed for finding in report.findings if "implausible" in finding.code}
    assert claimed == {"rope_theta": "nan", "num_heads": ["nan", "nan"]}


def test_block_formats_are_looked_at_as_they_are_decoded(tmp_path: Path) -> None:
    """Q8_0: blocks of a half as scale and 32 bytes; the first is all zero, the second has no number."""
    blocks = struct.pack("<e32b", 1.0, *32 * [0]) + struct.pack("<e32b", math.nan, *range(32))
    zeros = struct.pack("<e32b", 0.0, *range(32))
    tensors = (GGUFTensor("a.weight", (32, 2), 8, blocks), GGUFTensor("b.weight", (32,), 8, zeros))
    report = of_gguf(tmp_path / "m.gguf", tensors=tensors)
    values = [finding for finding in report.findings if finding.code in ("nan", "all-zero")]
    assert [(finding.code, finding.where) for finding in values] == [
        ("nan", "a.weight"),
        ("all-zero", "b.weight"),
    ]
    assert values[0].found == {"count": 32, "first_not_finite": [1, 0]}


def test_values_that_cannot_be_read_are_a_finding(tmp_path: Path) -> None:
    """What nobody looked at must not pass as good."""
    from safetensors.numpy import save_file

    (tmp_path / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    save_file({"a.weight": np.ones(3, np.int64)}, tmp_path / "model.safetensors")
    assert ("values-not-read", "a.weight") in located(report_of(tmp_path))


def test_a_directory_is_validated_too(hf_directory: Path) -> None:
    report = report_of(hf_directory)
    assert (report.findings, [note.code for note in report.notes]) == ((), ["tokenizer-absent"])
    assert "whether values are those that were saved: a directory has no checksum" in report.not_checked


def test_what_only_our_decoder_cannot_do_is_a_note(hf_directory: Path) -> None:
    config = json.loads((hf_directory / "config.json").read_text())
    config["rope_parameters"]["rope_type"] = "yarn"
    config["vocab_size"] = 31
    (hf_directory / "config.json").write_text(json.dumps(config))
    report = report_of(hf_directory)
    assert "unsupported-rope" in [note.code for note in report.notes]
    assert {finding.code for finding in report.findings} == {"metadata-disagrees", "tensor-shape"}


def test_a_vocabulary_larger_than_the_embedding(tmp_path: Path) -> None:
    spec = small_spec("smollm")
    config = replace(LLAMA, vocab_size=len(spec.tokens) - 1)
    (finding,) = report_of(save_small(tmp_path / "m.apr", config)).findings
    assert (finding.code, finding.claimed, finding.found) == (
        "tokenizer-larger-than-embedding",
        len(spec.tokens),
        len(spec.tokens) - 1,
    )


def test_an_absent_tokenizer_is_a_note(tmp_path: Path) -> None:
    report = report_of(save_small(tmp_path / "m.apr", LLAMA, tokenizer=None))
    assert report.ok
    assert [note.code for note in report.notes] == ["tokenizer-absent"]


def test_a_broken_tokenizer_is_refused(tmp_path: Path) -> None:
    spec = small_spec("smollm")
    broken = replace(spec, merges=(*spec.merges, "nobody knows"))
    with pytest.raises(FileError) as refused:
        report_of(save_small(tmp_path / "m.apr", LLAMA, tokenizer=broken))
    assert (refused.value.code, refused.value.exit_code) == ("tokenizer-broken", 4)


def test_damage_is_named_before_the_tokenizer_that_it_broke(tmp_path: Path) -> None:
    path = save_small(tmp_path / "m.apr", LLAMA)
    data = path.read_bytes()
    merge = small_spec("smollm").merges[40].encode()
    assert data.count(b'"' + merge + b'"') == 1
    path.write_bytes(data.replace(b'"' + merge + b'"', b'"' + b"~" * len(merge) + b'"'))
    with pytest.raises(FileError) as refused:
        report_of(path)
    assert refused.value.code == "footer-crc"


def test_a_tokenizer_of_another_kind_is_a_note(hf_directory: Path) -> None:
    """A kind that is not read here may be whole: it is said, and nothing is claimed of it."""
    (hf_directory / "tokenizer.model").write_bytes(b"sentencepiece")
    report = report_of(hf_directory)
    assert (report.ok, [note.code for note in report.notes]) == (True, ["tokenizer-missing"])
    assert any(line.startswith("the tokenizer, which is not of a kind") for line in report.not_checked)


def test_a_foreign_vocabulary_is_checked_too(tmp_path: Path) -> None:
    """Written without our own key, so that it cannot be built; its merges must still be of its tokens."""
    stated = {"tokenizer.vocabulary": ["a", "b"], "tokenizer.merges": ["a c"]}
    path = save_small(tmp_path / "m.apr", LLAMA, tokenizer=None, metadata=stated)
    with pytest.raises(FileError, match="merge 0"):
        report_of(path)


def test_damage_that_only_the_checksum_sees_is_refused(tmp_path: Path) -> None:
    path = save_small(tmp_path / "m.apr", LLAMA)
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    with pytest.raises(FileError) as refused:
        report_of(path)
    assert refused.value.code == "footer-crc"


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_halves_are_read_as_they_are_stored(dtype: str, tmp_path: Path) -> None:
    weights = random_weights(LLAMA)
    weights[LAST][-1] = np.inf
    weights[DOWN][:] = 0
    path = tmp_path / "m.apr"
    sources = {
        name: TensorSource(dtype, array.shape, lambda array=array: array)  # type: ignore[misc]
        for name, array in weights.items()
    }
    write_apr(path, metadata=LLAMA.to_metadata(), tensors=sources, tokenizer=None)
    assert located(report_of(path)) == [("all-zero", DOWN), ("infinite", LAST)]


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with open_checkpoint(save_small(tmp_path / "m.apr", LLAMA)) as checkpoint:
        validate(checkpoint, lambda done, total: seen.append((done, total)))
        stored = sum(entry.nbytes for entry in checkpoint.tensors.values())
    assert seen[-1] == (stored, stored)
    assert seen == sorted(seen)


def test_two_reports_of_one_file_are_equal(tmp_path: Path) -> None:
    path = save_small(tmp_path / "m.apr", LLAMA, metadata={"num_layers": 3, "rope_theta": None})
    assert report_of(path) == report_of(path)
    assert report_of(path).not_checked


def test_parts_that_make_no_tokenizer(tmp_path: Path) -> None:
    spec = small_spec()
    pattern = {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated", "invert": False}
    broken = replace(spec, components={**spec.components, "pre_tokenizer": pattern})
    report = report_of(save_small(tmp_path / "m.apr", LLAMA, tokenizer=broken))
    assert [finding.code for finding in report.findings] == ["tokenizer-does-not-build"]
