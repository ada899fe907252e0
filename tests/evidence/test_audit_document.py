"""docs/audit.md is true: its commands run as it says, and its tables are those of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from command import Here
from shipworthy.evidence.audit import RULES
from shipworthy.evidence.audit.adapters import MAX_TEXT
from shipworthy.evidence.audit.adapters.junit import MAX_ELEMENTS
from shipworthy.evidence.audit.reading import MAX_BYTES
from shipworthy.evidence.audit.strict import MAX_DEPTH, MAX_VALUES

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = (REPOSITORY / "docs" / "audit.md").read_text()
COMMANDS = re.findall(r"^shipworthy (.*?) +# (.*)$", DOCUMENT, re.MULTILINE)


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 3


@pytest.mark.parametrize(("command", "said"), COMMANDS)
def test_every_command_does_what_is_said(
    here: Here, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    monkeypatch.chdir(REPOSITORY)
    done = here(*shlex.split(command))
    if match := re.search(r"exit code (\d)", said):
        assert done.returncode == int(match[1])
    if match := re.search(r"(\d+) findings", said):
        assert done.stdout.splitlines()[-1].startswith(f"{match[1]} findings")


def test_the_table_is_that_of_the_rules() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| `") and line.count("|") == 5]
    assert rows == [f"| `{code}` | {r.wrong} | {r.derived} | {r.why} |" for code, r in RULES.items()]


def test_the_limits_are_those_of_the_reader() -> None:
    assert (MAX_BYTES, MAX_VALUES, MAX_DEPTH) == (8 << 20, 1_000_000, 64)
    said = DOCUMENT.replace("\n", " ")
    assert "at most 8 MiB, JSON at most a million values and 64 levels" in said
    assert f"{MAX_TEXT:,} characters of text, XML at most {MAX_ELEMENTS:,} elements" in said


def test_every_code_that_is_found_has_a_rule_and_every_rule_is_found_somewhere() -> None:
    sources = (REPOSITORY / "src" / "shipworthy" / "evidence" / "audit").rglob("*.py")
    text = "\n".join(path.read_text() for path in sources if path.name != "rules.py")
    for code in RULES:
        assert f'"{code}"' in text, code
