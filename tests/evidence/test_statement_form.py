"""The statement is an in-toto Statement v1 whose subject is a name and a digest, never a place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from shipworthy import own_sources
from shipworthy.evidence import PREDICATE_TYPE, describe_environment, make_statement
from shipworthy.evidence.predicate import predicate_problem


def test_the_form_is_in_totos(predicate: dict[str, Any]) -> None:
    assert make_statement("model.apr", "ab" * 32, predicate) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model.apr", "digest": {"sha256": "ab" * 32}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def test_a_predicate_names_the_place_where_it_is_wrong(predicate: dict[str, Any]) -> None:
    assert predicate_problem(predicate) == ""
    subject = {"name": "model.apr", "sha256": "short"}
    assert predicate_problem({**predicate, "subject": subject}).startswith("subject/sha256: ")
    assert predicate_problem({"criteria": []}).startswith("predicate: ")
    assert predicate_problem(None).startswith("predicate: ")


def test_the_environment_says_what_matters_to_a_measurement() -> None:
    found = describe_environment()
    assert found["cores"] >= 1
    assert found["memory_bytes"] > 0
    assert isinstance(found["nvidia_device"], bool)
    assert found["distributions"]["torch"]
    assert re.fullmatch("[0-9a-f]{64}", found["sources_sha256"])
    assert re.fullmatch("[0-9a-f]{64}", found["llama_cpp_library_sha256"])
    assert str(Path(__file__).parents[2]) not in str(found)


def test_the_digest_of_the_sources_changes_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_sources, "_PACKAGE", tmp_path)
    (tmp_path / "a.py").write_text("1")
    before = own_sources.sources_sha256()
    assert own_sources.sources_sha256() == before
    (tmp_path / "a.py").write_text("2")
    assert own_sources.sources_sha256() != before
