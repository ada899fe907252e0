"""The in-toto Statement v1 that a bundle's evidence is stated in.

Format: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://shipworthy.dev/dispatch/v1"
"""Chosen once: docs/decisions/0002-predicate-type.md."""
_KEYS = {"_type", "subject", "predicateType", "predicate"}


def make_statement(name: str, sha256: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    """A statement about one subject. `name` is a file name, never a path of a machine."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": dict(predicate),
    }


def statement_problem(statement: Any) -> str:
    """Where a value is not such a statement about one subject, or an empty string where it is."""
    if not isinstance(statement, dict) or set(statement) != {
        "_type",
        "subject",
        "predicateType",
        "predicate",
    }:
        return "it is no in-toto statement"
    for key, value in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if statement[key] != value:
            return f"its {key} is {statement[key]!r}, not {value}"
    return ""
