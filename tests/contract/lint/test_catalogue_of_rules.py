"""The catalogue is complete: whatever the loader or lint refuses by is a rule, and every rule is used."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import shipworthy.contract
from shipworthy.contract.form import _CODES
from shipworthy.contract.lint import GROUPS, RULES, markdown

CONTRACT = Path(shipworthy.contract.__file__).parent
SOURCES = [
    CONTRACT.parent / "strict_yaml.py",
    *(
        CONTRACT / f"{name}.py"
        for name in ("accepted", "catalogue", "constraints", "form", "load", "semantics")
    ),
    *(path for path in (CONTRACT / "lint").glob("*.py") if not path.name.endswith("_rules.py")),
]
NO_RULES = {
    "utf-8",
    # A keyword outside the subset is an unknown-key to the schema, which looks first.
    "unknown-keyword",
    # What a user asked for, not what a contract says.
    "no-such-path", "no-git", "no-history", "git-failed", "unknown-revision",
    # Words of git.
    "rev-parse", "ls-tree", "cat-file",
}  # fmt: skip


def codes() -> set[str]:
    """Every string in the sources that has the form of a code."""
    found = set(_CODES.values())
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\A[a-z0-9]+(?:-[a-z0-9]+)+\Z", node.value))
    return found | (
        {"loosened"} & {word for path in SOURCES for word in re.findall(r'"(\w+)"', path.read_text())}
    )


def test_the_catalogue_is_what_the_source_refuses_by() -> None:
    assert codes() - NO_RULES == set(RULES)


def test_there_are_rules() -> None:
    assert len(RULES) >= 30
    assert sum(len(rules) for rules in GROUPS.values()) == len(RULES)


def test_every_rule_says_what_why_where_and_what_to_do() -> None:
    for rule in RULES.values():
        assert all((rule.title, rule.why, rule.looks_at, rule.fix)), rule.code
        assert rule.why.endswith("."), rule.code
        assert "|" not in rule.title + rule.why + rule.looks_at + rule.fix, rule.code


def test_the_page_is_written_from_the_catalogue() -> None:
    page = Path(__file__).parents[3] / "docs" / "lint.md"
    assert page.read_text() == markdown()
