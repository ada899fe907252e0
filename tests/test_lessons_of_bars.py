"""Bars that others moved, each as a test on the real functions; docs/lessons.md tells the stories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lessons import PASSED, REPOSITORY, verdict
from shipworthy.contract import Catalogue, Contract, Reason, criterion_hash, load_catalogue
from shipworthy.contract.lint import RULES
from shipworthy.contract.lint.compare import Direction, compare
from shipworthy.errors import ContractError


def test_lesson_18_a_bar_that_is_lowered_is_seen_and_is_another_criterion(
    catalogue: Catalogue, c03: Contract
) -> None:
    assert compare({"maximum": 2.2}, {"maximum": 4.7}) is Direction.LOOSENING
    loss = catalogue.contracts["AC-SHIP2-003"]
    (falsifier, *others) = loss.falsifiers
    quantity = next(name for name, bounds in falsifier.expect.items() if bounds == {"maximum": 2.2})
    lowered = replace(falsifier, expect={**falsifier.expect, quantity: {"maximum": 4.7}})
    changed = replace(loss, falsifiers=(lowered, *others))
    assert criterion_hash(changed, catalogue) != criterion_hash(loss, catalogue)
    assert {"loosened", "loosened-after-red"} <= RULES.keys()


def test_lesson_19_another_model_discharges_nothing_and_a_band_cannot_contradict_its_constants(
    catalogue: Catalogue, c03: Contract
) -> None:
    assert verdict(c03, {"FALSIFY-C-03": PASSED}, unregistered=True).reasons == (Reason.UNREGISTERED,)
    model = catalogue.registrations["model-2"]
    assert model.constants["tied_embeddings"] is False
    low, high = model.parameters["low"], model.parameters["high"]
    assert low <= 373_509_120 <= high
    assert not low <= 322_045_952 <= high
    assert "band-contradicts-constants" in RULES


def test_lesson_20_a_contract_without_a_falsifier_is_refused(tmp_path: Path) -> None:
    text = (REPOSITORY / "contracts" / "c-01.yaml").read_text()
    (tmp_path / "c-01.yaml").write_text(text[: text.index("falsifiers:")] + "notes: [equations are TBD]\n")
    with pytest.raises(ContractError) as refused:
        load_catalogue(tmp_path)
    assert refused.value.code == "no-falsifier"


def test_lesson_20_nothing_that_is_a_draft_is_ever_discharged(catalogue: Catalogue) -> None:
    drafts = [contract for contract in catalogue.contracts.values() if contract.state == "DRAFT"]
    for draft in drafts:
        records = {falsifier.id: PASSED for falsifier in draft.falsifiers}
        assert Reason.NOT_RUN in verdict(draft, records).reasons
    published = catalogue.contracts["AC-SHIP2-012"]
    assert all("release" in falsifier.needs.artifact for falsifier in published.falsifiers)
