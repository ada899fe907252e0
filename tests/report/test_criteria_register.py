"""docs/criteria.md is what contracts/ say, and the register is whole."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from shipworthy.cli import app
from shipworthy.contract import Catalogue, load_catalogue
from shipworthy.report.criteria import criteria_markdown, register

ROOT = Path(__file__).parents[2]
FALSIFIERS = {f"FALSIFY-SHIP-{number:03}" for number in range(1, 25)}
PACKAGING = {"P0-D", "P0-E", "P0-F", "P0-G", "P0-H", "P0-K", "P0-Q4K"}
CROSS = {
    "CROSS-EXPORT-TYPES",
    "CROSS-GOLDEN",
    "CROSS-HUMANEVAL",
    "CROSS-LICENCE",
    "CROSS-QUALITY",
    "CROSS-REGRESSION",
    "CROSS-ROOFLINE",
    "CROSS-ROUND-TRIP",
}
DRAFTS = {
    *(f"AC-SHIP2-{number:03}" for number in (3, 4, 11)),
}


def contracts() -> Catalogue:
    return load_catalogue(ROOT / "contracts")


def test_the_document_is_what_the_contracts_say() -> None:
    assert (ROOT / "docs" / "criteria.md").read_text() == criteria_markdown(contracts())


def test_every_criterion_of_the_field_has_a_contract() -> None:
    found = {row["criterion"]: row for row in register(contracts())}
    numbered = {f"AC-SHIP1-{n:03}" for n in range(1, 11)} | {f"AC-SHIP2-{n:03}" for n in range(1, 13)}
    compounds = {"MODEL-1-ALL", "MODEL-2-ALL"}
    assert set(found) == numbered | PACKAGING | CROSS | compounds | {"C-01", "C-02", "C-03"}
    assert {name for name, row in found.items() if row["state"] == "DRAFT"} == DRAFTS
    named = {falsifier for row in found.values() for falsifier in row["falsifiers"]}
    assert {name for name in named if name.startswith("FALSIFY-SHIP-")} == FALSIFIERS


def test_second_falsifiers_and_numbers_stand_where_the_field_has_them() -> None:
    found = {row["criterion"]: row["falsifiers"] for row in register(contracts())}
    assert found["AC-SHIP1-005"] == ["FALSIFY-SHIP-005", "FALSIFY-SHIP-023"]
    assert found["AC-SHIP1-006"][:2] == ["FALSIFY-SHIP-006", "FALSIFY-SHIP-024"]
    for number in range(1, 13):
        (first, *ours) = found[f"AC-SHIP2-{number:03}"]
        assert first == f"FALSIFY-SHIP-{number + 10:03}"
        assert not [name for name in ours if name.startswith("FALSIFY-SHIP-")]


def test_a_compound_names_every_criterion_of_its_model() -> None:
    found = {row["criterion"]: row["all_of"] for row in register(contracts())}
    assert found["MODEL-1-ALL"] == [f"AC-SHIP1-{n:03}" for n in range(1, 11)]
    assert found["MODEL-2-ALL"] == [f"AC-SHIP2-{n:03}" for n in range(1, 13)]


def test_what_only_blocks_weighs_nothing() -> None:
    """C gates, packaging invariants, compounds and gates across files; a model's own criteria weigh all."""
    catalogue = contracts()
    for name, model in (("model-1", "AC-SHIP1-"), ("model-2", "AC-SHIP2-")):
        weights = catalogue.releases[name].weights
        assert {criterion for criterion, weight in weights.items() if weight} == {
            criterion for criterion in catalogue.contracts if criterion.startswith(model)
        }
        assert weights.keys() >= PACKAGING | {
            "C-01",
            "C-02",
            "C-03",
            "CROSS-LICENCE",
            "CROSS-QUALITY",
            "CROSS-ROUND-TRIP",
        }


def test_the_verb_lists_prints_and_says_it_in_json() -> None:
    listed = CliRunner().invoke(app, ["criteria"])
    assert listed.exit_code == 0
    assert "AC-SHIP2-003     DRAFT    Pretraining reaches" in listed.output
    printed = CliRunner().invoke(app, ["criteria", "--markdown"])
    assert printed.output.startswith("# The register of criteria")
    rows = CliRunner().invoke(app, ["criteria", "--json"])
    assert '"criterion": "P0-Q4K"' in rows.output
