"""The plain yes never says yes where the metaschema says no; a schema refers to nothing outside itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shipworthy.contract.defects import OWN as DEFECTS
from shipworthy.contract.probes import OWN as PROBES
from shipworthy.contract.schema_check import _TAKES, _is_plain, schema_problems

METASCHEMA = Draft202012Validator(Draft202012Validator.META_SCHEMA)
OWN = [
    *(schema for probe in PROBES.values() for schema in (probe.raw_schema, *probe.parameters.values())),
    *(schema for defect in DEFECTS.values() for schema in defect.parameters.values()),
]

odd = st.sampled_from(
    [None, True, -1, 0, 1, 1.5, 2.0, 1e400, "", "object", "(", "a", [], ["a"], ["a", "a"], ["null", 1], {}]
)
keywords = st.sampled_from([*_TAKES, "if", "$ref"])
schemas = st.recursive(
    odd,
    lambda inner: (
        st.dictionaries(keywords, inner | st.lists(inner, max_size=2), max_size=3)
        | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(schemas)
def test_a_plain_schema_is_one(schema: Any) -> None:
    if _is_plain(schema):
        assert METASCHEMA.is_valid(schema)


def test_our_own_are_nearly_all_plain() -> None:
    assert sum(map(_is_plain, OWN)) >= 0.9 * len(OWN)
    assert all(METASCHEMA.is_valid(schema) for schema in OWN)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "dict"}, "is not JSON Schema 2020-12"),
        ({"minimum": "3"}, "is not JSON Schema 2020-12"),
        ({"properties": {"a": {"items": 3}}}, "is not JSON Schema 2020-12"),
        ({"$ref": "https://example.org/schema"}, "refers to 'https://example.org/schema'"),
        ({"items": [{"$ref": "other.json"}]}, "refers to 'other.json'"),
        ({"properties": {"a": {"anyOf": [{"$dynamicRef": "file:///a"}]}}}, "refers to 'file:///a'"),
    ],
)
def test_what_is_no_schema_is_told(schema: Any, said: str) -> None:
    assert any(said in problem for problem in schema_problems(schema))


def test_a_reference_into_itself_is_admitted() -> None:
    schema = {"$defs": {"a": {"type": "integer"}}, "anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}
    assert list(schema_problems(schema)) == []
