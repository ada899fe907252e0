"""A good contract is read whole; a good directory is read as one catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import (
    Catalogue,
    ChangelogEntry,
    Limits,
    Needs,
    Planted,
    load_catalogue,
    load_contract,
)
from shipworthy.errors import ContractError

Write = Callable[..., Path]
Load = Callable[[Path], Catalogue]


def test_a_contract_is_read_whole(write: Write, registries: dict[str, Any]) -> None:
    contract = load_contract(write() / "ac-text-001.yaml", **registries)
    assert (contract.id, contract.version, contract.state) == ("AC-TEXT-001", "1.0.0", "ACTIVE")
    assert contract.applies == {"format": ("apr", "hf"), "architecture": ("llama",)}
    assert contract.changelog == (ChangelogEntry("1.0.0", "First written."),)
    assert contract.compiles
    assert not contract.compound
    first = contract.falsifier("FALSIFY-TEXT-001")
    assert first.probe == "line_count@1"
    assert first.parameters == {"limit": 3, "texts": {"data": "poem"}}
    assert first.needs == Needs("small-box", ("run", "baseline"))
    assert first.limits == Limits(10, 1_000_000, alone=True)
    assert list(first.expect) == ["lines", "longest", "rate"]
    assert first.accept == ("rate",)
    assert first.planted == (
        Planted("line_removed", "apr", "lines", None, {"line": 2}),
        Planted("line_doubled", "apr", "lines", "fixture-other"),
    )
    assert contract.falsifier("FALSIFY-TEXT-002").needs == Needs(None, ("gguf",))
    with pytest.raises(KeyError):
        contract.falsifier("FALSIFY-TEXT-003")


def test_scope_is_what_applies_says(write: Write, load: Load) -> None:
    contract = load(write()).contracts["AC-TEXT-001"]
    assert contract.in_scope(format="apr", architecture="llama")
    assert not contract.in_scope(format="gguf", architecture="llama")
    assert not contract.in_scope(format="apr", architecture="qwen2")


def test_a_directory_is_read_as_one_catalogue(write: Write, load: Load) -> None:
    catalogue = load(write({"data/README.md": "Where the poem is from.", "data/.hidden": "x"}))
    assert list(catalogue.contracts) == ["AC-TEXT-001"]
    assert catalogue.hosts["small-box"].device == "cpu"
    registration = catalogue.registrations["text-1"]
    assert registration.tied
    assert registration.facts()["parameters"] == {"low": 10, "high": 20}
    assert registration.facts()["tokenizer"] == {"digest": None}
    release = catalogue.releases["text"]
    assert release.demo
    assert release.weights["AC-TEXT-003"] == 33.4
    assert list(catalogue.data) == ["poem"]
    assert len(catalogue.data["poem"].sha256) == 64


def test_a_draft_may_name_what_does_not_exist_yet(write: Write, load: Load, good_contract: str) -> None:
    draft = (
        good_contract.replace("state: ACTIVE", "state: DRAFT")
        .replace("line_count@1", "not_written@1")
        .replace("line_removed", "not_written")
        .replace("{data: poem}", "{data: not-written}")
        .replace("small-box", "not-written")
    )
    contract = load(write({"ac-text-001.yaml": draft})).contracts["AC-TEXT-001"]
    assert not contract.compiles


def test_a_draft_may_have_no_falsifier(write: Write, load: Load, good_contract: str) -> None:
    draft = good_contract[: good_contract.index("falsifiers:")].replace("ACTIVE", "DRAFT")
    assert load(write({"ac-text-001.yaml": draft})).contracts["AC-TEXT-001"].falsifiers == ()


def test_the_form_of_a_draft_is_checked_all_the_same(write: Write, load: Load, good_contract: str) -> None:
    draft = good_contract.replace("ACTIVE", "DRAFT").replace("{const: 3}", "{not: {const: 3}}")
    with pytest.raises(ContractError, match="unknown-key"):
        load(write({"ac-text-001.yaml": draft}))


def test_the_projects_own_contracts_load() -> None:
    catalogue = load_catalogue(Path(__file__).parents[2] / "contracts")
    assert {"C-01", "C-02", "C-03", "AC-SHIP2-005", "AC-SHIP2-009", "AC-SHIP2-010"} <= set(
        catalogue.contracts
    )
    assert {"model-2", "smollm2-demo"} <= set(catalogue.releases)
