"""In which forms something good is tried: what the contract and the falsifier admit, and no other."""

from __future__ import annotations

import pytest

from shipworthy.contract import Catalogue
from shipworthy.gate.falsify.cells import cells_of
from shipworthy.gate.falsify.forms import Form, admitted_forms, plain_form
from shipworthy.gate.falsify.good import Good


def forms(catalogue: Catalogue, name: str) -> list[str]:
    contract = catalogue.contracts[name]
    return [form.of("it") for form in admitted_forms(contract, contract.falsifiers[0])]


def test_metadata_is_judged_of_checkpoints_and_exports_in_every_dtype(catalogue: Catalogue) -> None:
    exports = ["it GGUF F32", "it GGUF F16", "it GGUF BF16", "it GGUF Q8_0"]
    assert forms(catalogue, "C-01") == ["it", "it F16", "it BF16", *exports]


def test_a_format_that_the_expectation_refuses_is_not_admitted(catalogue: Catalogue) -> None:
    assert forms(catalogue, "AC-SHIP2-005") == ["it", "it F16", "it BF16"]


def test_structural_parity_is_judged_of_the_f32_export_of_every_checkpoint(catalogue: Catalogue) -> None:
    contract = catalogue.contracts["AC-SHIP2-009"]
    assert forms(catalogue, "AC-SHIP2-009") == ["it", "it F16", "it BF16"]
    assert plain_form(contract, contract.falsifiers[0]) == Form("apr", "f32", "f32")


def test_quality_is_judged_of_the_export_in_its_dtype(catalogue: Catalogue) -> None:
    contract = catalogue.contracts["CROSS-QUALITY"]
    forms = {f.id: plain_form(contract, f) for f in contract.falsifiers}
    assert set(forms.values()) == {Form("apr", "f32", export) for export in ("f16", "bf16", "q8_0")}


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (Form(), "it"),
        (Form("apr", "bf16", "f32"), "it BF16"),
        (Form("gguf", "f32"), "it GGUF F32"),
        (Form("apr", "f32", "q8_0"), "it exported as Q8_0"),
        (Form("hf"), "it HF"),
    ],
)
def test_a_form_names_what_is_not_plain_in_it(form: Form, name: str) -> None:
    assert form.of("it") == name


@pytest.fixture(scope="module")
def good(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Good:
    return Good(catalogue, tmp_path_factory.mktemp("good"))


def test_every_architecture_in_scope_is_tried_and_no_other(good: Good, catalogue: Catalogue) -> None:
    for name, expected in {
        "C-01": {"fixture-llama", "fixture-qwen2", "fixture-qwen3"},
        "AC-SHIP2-009": {"fixture-llama", "fixture-qwen2"},
    }.items():
        cells = list(cells_of(good, catalogue.contracts[name]))
        tried = {cell.fixture for cell in cells if cell.planted is None and not cell.empty}
        assert {name for name in tried if not good.is_recorded(name)} == expected


def test_nothing_is_tried_of_every_gate_that_judges_files(good: Good, catalogue: Catalogue) -> None:
    empty = {
        name: [cell.empty for cell in cells_of(good, catalogue.contracts[name]) if cell.empty]
        for name in ("C-03", "AC-SHIP2-009", "AC-SHIP2-010")
    }
    both = ["(empty file)", "(no tensors)"]
    assert empty == {"C-03": both, "AC-SHIP2-009": both * 3, "AC-SHIP2-010": []}


def test_each_form_is_what_it_says(good: Good) -> None:
    from shipworthy.checkpoint import open_checkpoint

    for form, dtype in (
        (Form("apr", "f16"), "F16"),
        (Form("apr", "bf16"), "BF16"),
        (Form("gguf", "q8_0"), "Q8_0"),
    ):
        subject = good.subject(form, "fixture-llama")
        with open_checkpoint(subject.path) as checkpoint:
            assert checkpoint.tensors["model.layers.1.mlp.up_proj.weight"].dtype == dtype
        assert subject.format == form.format


def test_a_row_names_files_and_no_place_of_this_machine(good: Good, catalogue: Catalogue) -> None:
    from shipworthy.gate.falsify.cells import run_cell

    cells = cells_of(good, catalogue.contracts["AC-SHIP2-009"])
    (bare, *_) = [cell for cell in cells if cell.empty == "(no tensors)"]
    detail = run_cell(good, bare).result.detail
    assert "bare-fixture-llama.apr: model.embed_tokens.weight is missing" in detail
    assert str(good.folder) not in detail
