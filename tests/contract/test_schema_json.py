"""contracts/schema.json is the schema that the loader uses, and is itself JSON Schema 2020-12."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shipworthy import strict_yaml
from shipworthy.contract.schemas import SCHEMA, schema_text

CONTRACTS = Path(__file__).parents[2] / "contracts"


def test_the_committed_file_is_the_loaders_schema() -> None:
    assert (CONTRACTS / "schema.json").read_text() == schema_text()


def test_it_is_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_editor_with_the_schema_accepts_our_contracts(path: Path) -> None:
    schema = json.loads((CONTRACTS / "schema.json").read_text())
    Draft202012Validator(schema).validate(strict_yaml.load(path).value)
