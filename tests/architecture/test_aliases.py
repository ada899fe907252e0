"""A field may go by another name; two names for one field are reported."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.architecture import ALIASES, C03_FIELDS, aliased_twice, is_missing, resolve_aliases

PAIRS = [(field, alias) for field, aliases in ALIASES.items() for alias in aliases]


@pytest.mark.parametrize(("field", "alias"), PAIRS)
def test_an_alias_is_read_as_its_field(field: str, alias: str) -> None:
    assert resolve_aliases({alias: 7, "name": "x"}) == {field: 7, "name": "x"}
    assert not is_missing(resolve_aliases({alias: 7}), field)
    assert aliased_twice({alias: 7}) == []


@pytest.mark.parametrize(("field", "alias"), PAIRS)
def test_a_field_beside_its_alias_is_reported_also_where_they_agree(field: str, alias: str) -> None:
    assert aliased_twice({field: 7, alias: 7}) == [field]
    assert aliased_twice({field: 7, alias: 8}) == [field]


def test_two_aliases_without_their_field_are_reported() -> None:
    assert aliased_twice({"d_model": 7, "n_embd": 8}) == ["hidden_size"]


def test_the_field_itself_wins_over_an_alias() -> None:
    assert resolve_aliases({"n_embd": 8, "hidden_size": 7}) == {"hidden_size": 7}


def test_no_alias_means_two_fields() -> None:
    names = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(set(names)) == len(names)
    assert not set(names) & ALIASES.keys()


@pytest.mark.parametrize("field", C03_FIELDS)
def test_a_null_is_missing(field: str) -> None:
    assert is_missing({field: None}, field)
    assert is_missing({}, field)
    assert not is_missing({field: 0}, field)


@given(st.dictionaries(st.sampled_from([*ALIASES, *(alias for _, alias in PAIRS)]), st.integers()))
def test_resolving_is_idempotent_and_leaves_no_alias(metadata: dict[str, int]) -> None:
    resolved = resolve_aliases(metadata)
    assert resolve_aliases(resolved) == resolved
    assert aliased_twice(resolved) == []
    assert set(resolved) <= set(ALIASES)
