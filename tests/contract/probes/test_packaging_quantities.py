"""Probes of packaging: each quantity shows what it is named after, and nothing else moves."""

from __future__ import annotations

from typing import Any

import pytest

from shipworthy.architecture import ArchitectureConfig
from shipworthy.contract import MeasurementError, quantities_of
from shipworthy.contract.probes import PROBES

CONFIG = ArchitectureConfig("qwen2", 64, 2, 4, 2, 16, 96, 500, 128, 1e4, 1e-5, False, True)
SHA = "0" * 64
OTHER = "1" * 64

LABEL = {"label": "qwen2", "label_of_checkpoint": "qwen2", "key_prefixes": {"general": 3, "qwen2": 10}}
VOCABULARY = {
    "embedding_rows": 10,
    "tokens": 10,
    "types": [[3, 2], [1, 5], [5, 3]],
    "repeated": [],
    "vocabulary": 7,
    "differ": [],
    "added": [
        {"id": 0, "content": "<s>", "found": "<s>", "type": 3},
        {"id": 1, "content": "</s>", "found": "</s>", "type": 3},
    ],
}
F32 = {"dtype": "F32", "block": 1, "block_bytes": 4}
Q4K = {"dtype": "Q4_K", "block": 256, "block_bytes": 144}
LAYOUT = {
    "refusal": None,
    "alignment": 32,
    "data_start": 1000,
    "file_size": 1000 + 64 + 144 + 16 + 8,
    "tensors": [
        {"name": "a", "shape": [3, 5], "offset": 0, **F32},
        {"name": "b", "shape": [1, 256], "offset": 64, **Q4K},
        {"name": "c", "shape": [2], "offset": 224, **F32},
    ],
    "padding_not_zero": [],
}
NAMES = {
    "file": "gguf",
    "format": "gguf",
    "metadata": CONFIG.to_metadata(),
    "names": list(CONFIG.tensor_shapes()),
}
INITIAL = {"refusal": None, "file": {"a": SHA, "b": SHA}, "decoder": {"a": SHA, "b": SHA}}
WEIGHTS = {
    "format": "hf",
    "safetensors": ["model.safetensors"],
    "pickles": [],
    "refusal": None,
    "tensors": {"a": {"dtype": "F32", "shape": [2, 3], "not_finite": 0}},
    "decoder": {"a": [2, 3]},
}
STATED = {"format": "apr", "tensors": 2, "licence": "Apache-2.0", "origin": "somewhere"}
LICENCE = {"files": {"checkpoint": STATED, "gguf": {**STATED, "format": "gguf"}}}
EMBEDDED = {
    "format": "apr",
    "tensors": 2,
    "vocabulary": 500,
    "merges": 3,
    "first_token": "!",
    "added_ids": [498, 499],
    "special_ids": {"bos": 498, "eos": [498, 499]},
    "rebuilds": True,
    "refusal": None,
}
SAMPLE = {"prompt": "p", "argmax": 1, "argmax_back": 1, "difference": 0.0, "difference_back": 0.0}
TRIP = {
    "refusal": None,
    "tensors": {"checkpoint": {"a": SHA}, "gguf": {"a": SHA}},
    "constants": {"checkpoint": {"rope_theta": 1e4}, "gguf": {"rope_theta": 1e4}},
    "tokenizers": {"checkpoint": SHA, "gguf": SHA},
    "samples": [SAMPLE, SAMPLE],
}
ROUND = {
    "tensors": 2,
    "tokenizer_embedded": True,
    "refusal": None,
    "documents": [[10, 3, None], [7, 2, None]],
}
RAW: dict[str, dict[str, Any]] = {
    "gguf_label@1": LABEL,
    "gguf_vocabulary@1": VOCABULARY,
    "gguf_layout@1": LAYOUT,
    "tensor_names@1": NAMES,
    "initial_weights@1": INITIAL,
    "weights_load@1": WEIGHTS,
    "licence@1": LICENCE,
    "tokenizer_embedded@1": EMBEDDED,
    "gguf_round_trip@1": TRIP,
    "tokenizer_round_trip@1": ROUND,
}


def moved(probe: str, **change: Any) -> dict[str, Any]:
    """The quantities that a change of the good raw samples moves, and where to."""
    before = quantities_of(PROBES[probe], RAW[probe])
    after = quantities_of(PROBES[probe], {**RAW[probe], **change})
    return {name: after[name] for name in after if after[name] != before[name]}


@pytest.mark.parametrize("probe", RAW)
def test_good_raw_samples_show_nothing(probe: str) -> None:
    found = quantities_of(PROBES[probe], RAW[probe])
    arrays = {name: value for name, value in found.items() if isinstance(value, list)}
    assert all(value == [] for name, value in arrays.items() if name != "special_ids"), arrays


def test_a_label_in_capitals_is_not_llama_cpps() -> None:
    found = moved("gguf_label@1", label="Qwen2ForCausalLM")
    assert (found["label_lower_case"], found["label_known"]) == (False, False)
    assert found["label_is_the_checkpoints"] is False


@pytest.mark.parametrize("label", [None, ""])
def test_no_label_meets_nothing(label: str | None) -> None:
    found = moved("gguf_label@1", label=label)
    assert found["label_stated"] is found["label_lower_case"] is found["label_known"] is False
    assert found["keys_under_label"] == 0


def test_a_class_name_of_the_checkpoint_is_the_same_family() -> None:
    assert moved("gguf_label@1", label_of_checkpoint="Qwen2ForCausalLM") == {}
    assert moved("gguf_label@1", label_of_checkpoint="llama") == {"label_is_the_checkpoints": False}


def test_keys_under_another_architecture_are_named() -> None:
    found = moved("gguf_label@1", key_prefixes={"general": 3, "llama": 10, "tokenizer": 2})
    assert found == {"keys_under_label": 0, "keys_under_other_names": ["llama"]}


def test_fewer_tokens_than_rows() -> None:
    assert moved("gguf_vocabulary@1", embedding_rows=11) == {"embedding_rows": 11, "tokens_equal_rows": False}
    assert moved("gguf_vocabulary@1", embedding_rows=None)["tokens_equal_rows"] is False


def test_pads_of_another_type_and_types_that_are_short() -> None:
    assert moved("gguf_vocabulary@1", types=[[3, 2], [1, 8]]) == {"pads_not_unused": ["7", "8", "9"]}
    short = moved("gguf_vocabulary@1", types=[[3, 2], [1, 5], [5, 1]])
    assert short == {"types_equal_tokens": False, "pads_not_unused": ["8", "9"]}


def test_counts_that_somebody_wrote_make_no_list_of_that_length() -> None:
    """Two samples of a few bytes once took all memory."""
    long = moved("gguf_vocabulary@1", types=[[3, 2], [1, 10**18], [5, -(10**18)]])
    assert long == {"types_equal_tokens": False, "pads_not_unused": ["7", "8", "9"]}
    with pytest.raises(MeasurementError, match="raw-invalid"):
        moved("gguf_vocabulary@1", tokens=10**18)


@pytest.mark.parametrize("kind", [1, 5, None])
def test_an_added_token_of_another_type(kind: int | None) -> None:
    added = [{"id": 0, "content": "<s>", "found": "<s>", "type": kind}, VOCABULARY["added"][1]]  # type: ignore[index]
    assert moved("gguf_vocabulary@1", added=added) == {"added_types_wrong": [f"'<s>' has type {kind}"]}


def test_an_added_token_that_a_pad_overwrote() -> None:
    added = [{"id": 0, "content": "<s>", "found": "<|pad_0|>", "type": 3}]
    found = moved("gguf_vocabulary@1", added=added, differ=[0])
    assert found["added_displaced"] == ["0 is '<|pad_0|>', not '<s>'"]
    assert found["tokens_changed"] == ["0"]


def tensors(**change: Any) -> list[dict[str, Any]]:
    first, second, third = LAYOUT["tensors"]  # type: ignore[misc]
    return [first, {**second, **change}, third]


def test_an_offset_that_does_not_follow_is_named_as_llama_cpp_names_it() -> None:
    assert moved("gguf_layout@1", tensors=tensors(offset=60)) == {
        "offsets_wrong": ["b has offset 60, expected 64"]
    }


def test_rows_that_are_no_whole_blocks() -> None:
    found = moved("gguf_layout@1", tensors=tensors(shape=[2, 128]))
    assert found == {"block_misfits": ["b is Q4_K of [2, 128], not rows of whole blocks of 256"]}


@pytest.mark.parametrize(
    ("size", "missing", "left"), [(1231, 1, 0), (1232, 0, 0), (1256, 0, 0), (1257, 0, 1)]
)
def test_bytes_of_the_end(size: int, missing: int, left: int) -> None:
    """Padding after the last tensor may be there or not; more is left over, less is missing."""
    found = quantities_of(PROBES["gguf_layout@1"], {**LAYOUT, "file_size": size})
    assert (found["bytes_missing"], found["bytes_left_over"]) == (missing, left)


def test_the_72_biases_of_the_field() -> None:
    metadata = {**CONFIG.to_metadata(), "architecture": "llama"}
    found = moved("tensor_names@1", metadata=metadata)
    assert len(found["unexpected"]) == 6
    assert found["label_disagreements"] == ["architecture is 'llama', but the tensors are those of qwen2"]
    assert "missing" not in found


def test_a_layer_that_is_stated_and_not_there() -> None:
    found = moved("tensor_names@1", metadata={**CONFIG.to_metadata(), "num_layers": 3})
    assert len(found["missing"]) == 12
    assert set(found) == {"missing"}


@pytest.mark.parametrize("change", [{"architecture": "lama"}, {"num_heads": 0}, {"vocab_size": None}])
def test_constants_of_no_decoder_leave_every_tensor_unexpected(change: dict[str, Any]) -> None:
    found = moved("tensor_names@1", metadata={**CONFIG.to_metadata(), **change})
    assert found["buildable"] is False
    assert len(found["unexpected"]) == len(CONFIG.tensor_shapes())


def test_what_is_left_over_what_comes_from_nowhere_and_what_changed() -> None:
    assert moved("initial_weights@1", decoder={"a": SHA})["left_over"] == ["b"]
    assert moved("initial_weights@1", decoder={"a": SHA, "b": SHA, "c": SHA}) == {"from_nowhere": ["c"]}
    assert moved("initial_weights@1", decoder={"a": SHA, "b": OTHER}) == {"changed": ["b"]}
    assert moved("initial_weights@1", refusal="tensor-missing: x", decoder={})["loads"] is False


def test_weights_that_load_otherwise_than_they_lie() -> None:
    assert moved("weights_load@1", decoder={"a": [3, 2]}) == {"tensors_not_loaded": ["a"]}
    assert moved("weights_load@1", decoder={"a": [2, 3], "b": [1]}) == {"tensors_absent": ["b"]}
    assert moved("weights_load@1", pickles=["model.bin"]) == {"pickles": ["model.bin"]}
    assert moved("weights_load@1", safetensors=[]) == {"safetensors_files": 0}


def test_licences_are_compared_in_small_letters() -> None:
    assert quantities_of(PROBES["licence@1"], LICENCE)["licence"] == "apache-2.0"
    files = {**LICENCE["files"], "gguf": {**STATED, "licence": "apache-2.0 "}}
    assert moved("licence@1", files=files) == {}
    files = {**LICENCE["files"], "gguf": {**STATED, "licence": "mit"}}
    assert moved("licence@1", files=files) == {"licences_differ": True, "licence": ""}


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_nothing_is_no_licence_and_no_origin(empty: str | None) -> None:
    files = {"checkpoint": {**STATED, "licence": empty, "origin": empty}}
    found = quantities_of(PROBES["licence@1"], {"files": files})
    assert (found["licence"], found["licences_missing"], found["origins_missing"]) == (
        "", ["checkpoint"], ["checkpoint"],
    )  # fmt: skip


@pytest.mark.parametrize("value", [False, True, "2", 2.0, {"id": 2}])
def test_an_id_that_is_no_whole_number(value: Any) -> None:
    found = moved("tokenizer_embedded@1", special_ids={"bos": 498, "eos": value})
    assert found["ids_not_integers"] == [f"eos is {value!r}"]


@pytest.mark.parametrize("value", [-1, 500, [498, 500]])
def test_an_id_outside_the_vocabulary(value: Any) -> None:
    assert len(moved("tokenizer_embedded@1", special_ids={"eos": value})["ids_out_of_range"]) == 1


def test_a_zero_is_false_where_token_0_is_a_word() -> None:
    assert moved("tokenizer_embedded@1", special_ids={"bos": 0})["false_zeros"] == ["bos is 0, which is '!'"]
    for change in ({"first_token": "<|endoftext|>"}, {"added_ids": [0]}):
        assert "false_zeros" not in moved("tokenizer_embedded@1", special_ids={"bos": 0}, **change)


def test_an_absent_id_is_no_fault() -> None:
    assert moved("tokenizer_embedded@1", special_ids={}) == {"special_ids": []}


def test_no_vocabulary_is_no_tokenizer() -> None:
    found = moved("tokenizer_embedded@1", vocabulary=0, special_ids={}, rebuilds=False)
    assert (found["tokenizer_embedded"], found["vocabulary"]) == (False, 0)


def test_a_tensor_that_did_not_come_back_and_one_that_changed() -> None:
    both = {"checkpoint": {"a": SHA, "b": SHA}, "gguf": {"a": OTHER, "c": SHA}}
    found = moved("gguf_round_trip@1", tensors=both)
    assert (found["tensors_missing"], found["tensors_unexpected"]) == (["b"], ["c"])
    assert found["tensors_changed"] == ["a"]


def test_a_constant_that_changed_is_named_with_both_values() -> None:
    constants = {"checkpoint": {"rope_theta": 1e4}, "gguf": None}
    found = moved("gguf_round_trip@1", constants=constants)
    assert found == {"constants_changed": ["rope_theta is 10000.0, came back as None"]}


def test_no_tokenizer_is_not_the_same_tokenizer() -> None:
    found = moved("gguf_round_trip@1", tokenizers={"checkpoint": None, "gguf": None})
    assert found == {"tokenizer_same": False}


@pytest.mark.parametrize("samples", [[], [SAMPLE, {**SAMPLE, "difference": None}]])
def test_no_sample_or_one_that_is_not_finite_leaves_no_difference(samples: list[dict[str, Any]]) -> None:
    found = moved("gguf_round_trip@1", samples=samples)
    assert found["finite"] is False
    assert found["first_token_difference"] is None


def test_both_directions_are_looked_at() -> None:
    found = moved("gguf_round_trip@1", samples=[{**SAMPLE, "argmax_back": 2, "difference_back": 0.5}])
    assert (found["argmax_flips"], found["first_token_difference_back"]) == (1, 0.5)
    assert "first_token_difference" not in found


def test_documents_are_named_by_their_line() -> None:
    found = moved("tokenizer_round_trip@1", documents=[[10, 3, 4], [7, 0, 0]])
    assert found["documents_changed"] == ["line 1 at byte 4", "line 2 at byte 0"]
    assert found["documents_without_tokens"] == ["line 2"]


def test_constants_of_no_decoder_are_none() -> None:
    raw = {"format": "apr", "tensors": 2, "constants": None, "refusal": "metadata-missing: x"}
    found = quantities_of(PROBES["registered_constants@1"], raw)
    assert (found["usable"], found["family_known"], found["hidden_size"]) == (False, False, None)


def test_a_file_without_tensors_is_no_model() -> None:
    files = {"checkpoint": {**STATED, "tensors": 0}}
    assert quantities_of(PROBES["licence@1"], {"files": files})["files_without_tensors"] == ["checkpoint"]
    assert moved("tokenizer_embedded@1", tensors=0) == {"tensors": 0}
    assert moved("tokenizer_round_trip@1", tensors=0) == {"tensors": 0}
