"""docs/lessons.md tells every lesson, and the tests and rules that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

from lessons import REPOSITORY
from shipworthy.contract import Reason
from shipworthy.contract.lint import RULES

DOCUMENT = (REPOSITORY / "docs" / "lessons.md").read_text()


def test_the_document_tells_every_lesson() -> None:
    assert re.findall(r"^(\d+)\. ", DOCUMENT, re.MULTILINE) == [str(number) for number in range(1, 28)]
    sections = re.split(r"^\d+\. ", DOCUMENT, flags=re.MULTILINE)[1:]
    for number, section in enumerate(sections, start=1):
        assert f"::test_lesson_{number:02}_" in section, f"lesson {number} names no test of its own"


def test_every_test_that_the_document_names_exists() -> None:
    named = set(re.findall(r"`(tests/[a-z0-9_/]+\.py)::([a-z0-9_]+)`", DOCUMENT))
    for file, function in named:
        assert f"def {function}(" in (REPOSITORY / file).read_text(), f"{file} has no {function}"
    own = {
        (f"tests/{path.name}", function)
        for path in Path(__file__).parent.glob("test_lessons_of_*.py")
        for function in re.findall(r"^def (test_lesson_\w+)\(", path.read_text(), re.MULTILINE)
    }
    assert own == {(file, function) for file, function in named if function.startswith("test_lesson_")}


def test_every_rule_and_reason_that_the_document_names_exists() -> None:
    named = set(re.findall(r"rule `([a-z0-9-]+)`", DOCUMENT))
    assert named
    assert named <= RULES.keys()
    reasons = set(re.findall(r"reason `([a-z_]+)`", DOCUMENT))
    assert reasons <= {str(reason) for reason in Reason}
