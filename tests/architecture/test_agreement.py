"""Metadata that contradicts the tensors beside it is named, constant by constant."""

from __future__ import annotations

from typing import Any

import pytest

from shipworthy.architecture import (
    FAMILIES,
    ArchitectureConfig,
    canonical_name,
    disagreements,
    families_by_evidence,
)

CONFIG = ArchitectureConfig("llama", 64, 2, 4, 2, 16, 96, 500, 128, 1e4, 1e-5, True, False)
SHAPES = CONFIG.tensor_shapes()
METADATA = CONFIG.to_metadata()
NORMED = ArchitectureConfig("qwen3", 64, 2, 4, 2, 32, 96, 500, 128, 1e6, 1e-6, True, False, True)
BIASED = ArchitectureConfig("qwen2", 64, 2, 4, 2, 16, 96, 500, 128, 1e6, 1e-6, False, True).tensor_shapes()


def test_what_a_model_says_of_itself_agrees() -> None:
    assert disagreements(METADATA, SHAPES) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("hidden_size", 65, "hidden_size is 65, but the tensors have 64 embedding columns"),
        ("vocab_size", 499, "vocab_size is 499, but the tensors have 500 embedding rows"),
        ("intermediate_size", 97, "intermediate_size is 97, but the tensors have 96 gate rows"),
        ("num_layers", 3, "num_layers is 3, but the tensors have 2 highest layer index + 1"),
        ("num_heads", 8, "num_heads x head_dim is 128, but the tensors have 64 q_proj rows"),
        ("num_kv_heads", 1, "num_kv_heads x head_dim is 16, but the tensors have 32 k_proj rows"),
        ("architecture", "qwen2", "architecture is 'qwen2', but the tensors are those of llama"),
        ("architecture", "lama", "architecture is 'lama', but the tensors are those of llama"),
        ("architecture", 5, "architecture is 5, but the tensors are those of llama"),
    ],
)
def test_a_wrong_constant_is_one_sentence(field: str, value: Any, sentence: str) -> None:
    assert disagreements({**METADATA, field: value}, SHAPES) == [sentence]


def test_a_head_dim_that_is_not_stated_is_hidden_size_over_heads() -> None:
    stated = {name: value for name, value in METADATA.items() if name != "head_dim"}
    assert disagreements(stated, SHAPES) == []
    assert len(disagreements({**stated, "num_heads": 8}, SHAPES)) == 1


def test_a_tensor_that_is_absent_is_a_disagreement() -> None:
    without = {name: shape for name, shape in SHAPES.items() if "embed_tokens" not in name}
    assert disagreements(METADATA, without) == [
        "hidden_size is 64, but the tensors have no embedding columns",
        "vocab_size is 500, but the tensors have no embedding rows",
    ]


def test_what_is_not_stated_is_not_compared() -> None:
    assert disagreements({}, SHAPES) == []


def test_biases_tell_qwen2_from_llama() -> None:
    assert families_by_evidence(set(SHAPES)) == {"llama"}
    assert families_by_evidence(set(BIASED)) == {"qwen2"}
    assert disagreements({"architecture": "llama"}, BIASED) == [
        "architecture is 'llama', but the tensors are those of qwen2"
    ]


def test_norms_of_q_and_k_tell_qwen3_from_llama() -> None:
    shapes = NORMED.tensor_shapes()
    assert families_by_evidence(set(shapes)) == {"qwen3"}
    assert shapes["model.layers.1.self_attn.q_norm.weight"] == (32,)
    assert disagreements(NORMED.to_metadata(), shapes) == []
    assert disagreements({**NORMED.to_metadata(), "architecture": "llama", "head_dim": 16}, shapes) == [
        "num_heads x head_dim is 64, but the tensors have 128 q_proj rows",
        "num_kv_heads x head_dim is 32, but the tensors have 64 k_proj rows",
        "head_dim is 16, but the tensors have 32 q_norm elements",
        "architecture is 'llama', but the tensors are those of qwen3",
    ]


def test_tensors_of_a_family_outside_the_table_are_nobodys() -> None:
    names = {*BIASED, "model.layers.0.self_attn.q_norm.weight"}
    assert families_by_evidence(names) == set()
    assert disagreements({"architecture": "llama"}, dict.fromkeys(names, (64,))) == [
        "architecture is 'llama', but the tensors are those of none that is known"
    ]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_family_goes_by_two_names(family: Any) -> None:
    assert canonical_name(family.name) == canonical_name(family.hf_class) == family.name


@pytest.mark.parametrize("label", ["", "Llama", "lama", "Qwen3MoeForCausalLM", "LLAMA"])
def test_other_spellings_are_unknown(label: str) -> None:
    assert canonical_name(label) is None
