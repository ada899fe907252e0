"""self_contained@1: the closed tensor set follows from the label; where it cannot, nothing is expected."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.architecture import ArchitectureConfig
from shipworthy.contract import Catalogue, Outcome, judge, quantities_of
from shipworthy.contract.probes import PROBES

PROBE = PROBES["self_contained@1"]
CONFIG = ArchitectureConfig("llama", 64, 2, 4, 2, 16, 96, 500, 128, 1e4, 1e-5, True, False)


def tensor(shape: tuple[int, ...], **change: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": list(shape), "not_finite": 0, "nonzero": 1, **change}


TENSORS = {name: tensor(shape) for name, shape in CONFIG.tensor_shapes().items()}
TEXTS = [{"id": f"text-{n}", "ids": 3, "same": True} for n in range(100)]
TOKENIZER: dict[str, Any] = {"tokens": 500, "special_ids": {"bos": 1, "eos": 2}, "texts": TEXTS}


def raw(**change: Any) -> dict[str, Any]:
    return {
        "format": "apr",
        "metadata": CONFIG.to_metadata(),
        "tensors": TENSORS,
        "tokenizer": TOKENIZER,
        "tokenizer_error": None,
        **change,
    }


def quantities(**change: Any) -> dict[str, Any]:
    return quantities_of(PROBE, raw(**change))


def stated(**change: Any) -> dict[str, Any]:
    return {**CONFIG.to_metadata(), **change}


def red(catalogue: Catalogue, **change: Any) -> set[str]:
    (falsifier,) = catalogue.contracts["AC-SHIP2-005"].falsifiers
    count = CONFIG.param_count()
    facts = {"parameters": {"low": count, "high": count}}
    judged = judge(falsifier.expect, quantities(**change), PROBE, facts)
    return {check.quantity for check in judged.checks if check.outcome is not Outcome.PASS}


def test_a_whole_checkpoint_is_green(catalogue: Catalogue) -> None:
    assert red(catalogue) == set()
    assert quantities()["parameters"] == CONFIG.param_count()


@pytest.mark.parametrize("name", TENSORS)
def test_each_tensor_is_missed(catalogue: Catalogue, name: str) -> None:
    tensors = {key: value for key, value in TENSORS.items() if key != name}
    assert red(catalogue, tensors=tensors) == {"tensors_missing", "parameters"}
    assert quantities(tensors=tensors)["tensors_missing"] == [name]


def test_a_tensor_of_nobody_is_unexpected(catalogue: Catalogue) -> None:
    tensors = {**TENSORS, "model.layers.0.adapter.weight": tensor((0, 4))}
    assert red(catalogue, tensors=tensors) == {"tensors_unexpected"}


@pytest.mark.parametrize("label", ["lama", "", "Qwen3MoeForCausalLM"])
def test_under_an_unknown_label_every_tensor_is_unexpected(catalogue: Catalogue, label: str) -> None:
    assert red(catalogue, metadata=stated(architecture=label)) == {"tensors_unexpected"}
    assert len(quantities(metadata=stated(architecture=label))["tensors_unexpected"]) == len(TENSORS)


@pytest.mark.parametrize("value", [10**9, -1, 0, "two", 2.5, True])
def test_constants_of_no_decoder_are_not_built_and_not_green(catalogue: Catalogue, value: Any) -> None:
    assert "tensors_unexpected" in red(catalogue, metadata=stated(num_layers=value))


@pytest.mark.parametrize("field", ["architecture", "hidden_size", "rope_theta", "rms_norm_eps"])
def test_a_missing_constant_is_named_and_leaves_nothing_expected(catalogue: Catalogue, field: str) -> None:
    metadata = {name: value for name, value in CONFIG.to_metadata().items() if name != field}
    assert red(catalogue, metadata=metadata) == {"architecture_missing", "tensors_unexpected"}
    assert quantities(metadata=metadata)["architecture_missing"] == [field]


def test_biases_follow_from_the_label_not_from_the_tensors() -> None:
    found = quantities(metadata=stated(architecture="qwen2"))
    assert len(found["tensors_missing"]) == 3 * CONFIG.num_layers


def test_one_value_that_is_no_number_and_a_matrix_of_zeros_are_named(catalogue: Catalogue) -> None:
    name = "model.layers.0.mlp.up_proj.weight"
    assert red(catalogue, tensors={**TENSORS, name: tensor((96, 64), not_finite=1)}) == {"tensors_not_finite"}
    assert red(catalogue, tensors={**TENSORS, name: tensor((96, 64), nonzero=0)}) == {"tensors_all_zero"}


def test_a_bias_of_zeros_is_no_defect() -> None:
    assert quantities(tensors={**TENSORS, "x.bias": tensor((64,), nonzero=0)})["tensors_all_zero"] == []


def test_no_tokenizer_and_a_broken_one_are_two_findings(catalogue: Catalogue) -> None:
    absent = quantities(tokenizer=None)
    broken = quantities(tokenizer=None, tokenizer_error="merges are missing")
    assert (absent["tokenizer_embedded"], absent["tokenizer_rebuilds"]) == (False, False)
    assert (broken["tokenizer_embedded"], broken["tokenizer_rebuilds"]) == (True, False)
    assert red(catalogue, tokenizer=None) == {"tokenizer_embedded", "tokenizer_rebuilds", "texts"}


@pytest.mark.parametrize(
    "change", [{"tokens": 501}, {"tokens": 0}, {"special_ids": {"eos": 500}}, {"special_ids": {"bos": -1}}]
)
def test_a_tokenizer_that_does_not_fit_the_model_does_not_rebuild(change: dict[str, Any]) -> None:
    assert quantities(tokenizer={**TOKENIZER, **change})["tokenizer_rebuilds"] is False


def test_texts_that_are_changed_or_left_out_are_seen(catalogue: Catalogue) -> None:
    changed = [{**TEXTS[0], "same": False}, *TEXTS[1:]]
    assert red(catalogue, tokenizer={**TOKENIZER, "texts": changed}) == {"texts_changed"}
    assert red(catalogue, tokenizer={**TOKENIZER, "texts": TEXTS[1:]}) == {"texts"}
    assert red(catalogue, tokenizer={**TOKENIZER, "texts": []}) == {"texts"}


@given(
    st.dictionaries(
        st.sampled_from([*CONFIG.to_metadata(), "d_model", "n_layer"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    )
)
def test_whatever_metadata_says_it_is_a_finding_and_never_an_error(metadata: dict[str, Any]) -> None:
    assert set(quantities(metadata=stated(**metadata))) == set(PROBE.quantities)
