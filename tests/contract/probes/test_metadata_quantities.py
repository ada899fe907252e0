"""checkpoint_metadata@1: quantities of metadata and shapes, and the line that a runtime's user knows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.architecture import C03_FIELDS, ArchitectureConfig
from shipworthy.contract import Catalogue, MeasurementError, Outcome, judge, quantities_of
from shipworthy.contract.failure_line import render_message
from shipworthy.contract.probes import PROBES

PROBE = PROBES["checkpoint_metadata@1"]
CONFIG = ArchitectureConfig("llama", 64, 2, 4, 2, 16, 96, 500, 128, 1e4, 1e-5, True, False)
SHAPES = {name: list(shape) for name, shape in CONFIG.tensor_shapes().items()}


def raw(*, without: tuple[str, ...] = (), fields: tuple[str, ...] = C03_FIELDS, **stated: Any) -> Any:
    metadata = {k: v for k, v in {**CONFIG.to_metadata(), **stated}.items() if k not in without}
    return {"format": "apr", "requested": list(fields), "metadata": metadata, "shapes": SHAPES}


def quantities(**change: Any) -> dict[str, Any]:
    return quantities_of(PROBE, raw(**change))


def test_a_good_checkpoint_has_nothing_to_name() -> None:
    assert quantities() == {
        "format": "apr",
        "format_name": "APR",
        "fields": 4,
        "missing": [],
        "aliased_twice": [],
        "implausible": [],
        "dimension_disagreements": [],
        "label_disagreements": [],
        "architecture": "llama",
        "architecture_known": True,
        "architecture_canonical": True,
    }


@given(st.permutations(C03_FIELDS), st.sets(st.sampled_from(C03_FIELDS)))
def test_missing_fields_come_in_the_order_asked(order: list[str], gone: set[str]) -> None:
    found = quantities(without=tuple(gone), fields=tuple(order))
    assert found["missing"] == [field for field in order if field in gone]
    assert found["fields"] == 4


def test_a_null_is_missing_and_an_alias_is_not() -> None:
    assert quantities(hidden_size=None)["missing"] == ["hidden_size"]
    assert quantities(without=("hidden_size",), n_embd=64)["missing"] == []


def test_the_failure_line_of_c_03_is_the_runtimes(catalogue: Catalogue) -> None:
    (falsifier,) = catalogue.contracts["C-03"].falsifiers
    found = quantities(without=("hidden_size",))
    judged = judge(falsifier.expect, found, PROBE, {})
    assert judged.outcome is Outcome.FAIL
    assert render_message(falsifier.message, found) == "C-03: APR model missing 'hidden_size' metadata"


def test_another_failure_of_c_03_has_no_line_about_a_missing_field(catalogue: Catalogue) -> None:
    (falsifier,) = catalogue.contracts["C-03"].falsifiers
    assert render_message(falsifier.message, quantities(num_layers=3)) is None


def test_a_field_twice_a_wild_value_and_a_lie_are_three_quantities() -> None:
    found = quantities(n_embd=64, num_layers=3, rope_theta=0.5)
    assert found["aliased_twice"] == ["hidden_size"]
    assert len(found["implausible"]) == len(found["dimension_disagreements"]) == 1
    assert found["label_disagreements"] == []


@pytest.mark.parametrize(
    ("label", "known", "canonical"),
    [
        ("llama", True, True),
        ("LlamaForCausalLM", True, False),
        ("lama", False, False),
        (None, False, False),
        (5, False, False),
    ],
)
def test_a_label_is_known_in_two_spellings_and_canonical_in_one(
    label: Any, known: bool, canonical: bool
) -> None:
    found = quantities(architecture=label)
    assert (found["architecture_known"], found["architecture_canonical"]) == (known, canonical)
    assert found["architecture"] == str(label)


def test_a_label_of_another_family_contradicts_the_tensors() -> None:
    found = quantities(architecture="qwen2")
    assert found["label_disagreements"] == ["architecture is 'qwen2', but the tensors are those of llama"]
    assert found["dimension_disagreements"] == []


@pytest.mark.parametrize(
    "change",
    [{"requested": []}, {"shapes": {}}, {"format": "pickle"}, {"metadata": None}, {"comment": "x"}],
)
def test_raw_samples_of_another_shape_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MeasurementError) as caught:
        quantities_of(PROBE, {**raw(), **change})
    assert caught.value.code == "raw-invalid"


@given(
    st.dictionaries(
        st.sampled_from([*CONFIG.to_metadata(), "n_embd", "d_model"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    )
)
def test_whatever_metadata_says_it_is_a_finding_and_never_an_error(metadata: dict[str, Any]) -> None:
    found = quantities_of(PROBE, {**raw(), "metadata": metadata})
    assert set(found) == set(PROBE.quantities)
