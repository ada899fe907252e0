"""A compound over a criterion that is not the installed one is not the installed one either."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shipworthy.contract import Catalogue, criterion_hash
from shipworthy.report.signoff.cited import OTHER, hashes_with_cited, installed_hashes

TOP, MIDDLE, LEAF = "AC-SHIP2-006", "C-02", "C-01"


@pytest.fixture
def nested(catalogue: Catalogue) -> Catalogue:
    """One that cites another, which cites a third."""
    contracts = catalogue.contracts
    chain = {
        TOP: replace(contracts[TOP], all_of=(MIDDLE,)),
        MIDDLE: replace(contracts[MIDDLE], all_of=(LEAF,)),
    }
    return replace(catalogue, contracts={**contracts, **chain})


def test_all_that_is_cited_has_a_hash(nested: Catalogue) -> None:
    found = installed_hashes([TOP, "not there"], nested)
    assert found == {name: criterion_hash(nested.contracts[name], nested) for name in (TOP, MIDDLE, LEAF)}


def test_whatever_cites_another_criterion_at_any_depth_is_another(nested: Catalogue) -> None:
    installed = installed_hashes([TOP], nested)
    assert hashes_with_cited(installed, installed, nested) == installed
    found = hashes_with_cited({**installed, LEAF: "f" * 64}, installed, nested)
    assert found == {TOP: OTHER, MIDDLE: OTHER, LEAF: "f" * 64}
    without = {TOP: installed[TOP]}
    assert hashes_with_cited(without, installed, nested) == without
