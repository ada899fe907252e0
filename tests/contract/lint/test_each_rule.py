"""Each rule has an example that breaks it, at its place, and one beside it that does not."""

# ruff: noqa: E501 - an example is one row of a table, however long

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import Catalogue
from shipworthy.contract.lint import RULES, Problem, lint

Edit = Callable[[str, str, str], Path]
Act = Callable[[Path], object]

ONE, TWO, ALL = "ac-text-001.yaml", "ac-text-002.yaml", "gate-all.yaml"
MODEL, RELEASE = "models/text-1.yaml", "releases/text.yaml"
TITLE, LINES = "title: The text has three lines", "lines: {const: 3}"
NAMES = "names: {minItems: 1, items: {enum: [roses]}}"
SUBJECT, LAST = "subject: checkpoint\n", "approver: the lead}\n"
DOUBLED = "{defect: line_doubled, of: gguf, red: bytes}"
BAND = "{low: 138048, high: 138048}"
MORE_COMPOUND = (
    "id: GATE-MORE\nversion: 1.0.0\nstate: ACTIVE\nkind: compound\ntitle: More\nstatement: s\nwhy: w\n"
    + SUBJECT
)
MEASURES = (
    "\nfalsifiers: [{id: FALSIFY-ALL, probe: export_size@1, needs: {artifact: gguf}, "
    "expect: {bytes: {minimum: 1}}, planted: [{defect: line_doubled, of: gguf, red: bytes}]}]"
)


@dataclass(frozen=True)
class Example:
    """`old` in `file` replaced by `bad` breaks the rule at `at`; replaced by `good` it breaks none.

    `also` are the rules that cannot but break beside it.
    """

    code: str
    file: str
    at: str | None
    old: str
    bad: str
    good: str | None = None
    also: tuple[str, ...] = ()


EXAMPLES = [
    Example("yaml-too-large", ONE, "8:999787", SUBJECT, f"{SUBJECT}#{'x' * 1_000_000}\n", f"{SUBJECT}#{'x' * 9000}\n"),
    Example("yaml-not-utf8", ONE, "4:8", TITLE, "title: \udcff", "title: é"),
    Example("yaml-character", ONE, "4:8", TITLE, "title: \x07", "title: é"),
    Example("yaml-syntax", ONE, "4:11", TITLE, "title: Now: three lines", 'title: "Now: three lines"'),
    Example("yaml-empty", TWO, "1:1", "", "", None),
    Example("yaml-directive", ONE, "1:1", "id: AC-TEXT-001", "%YAML 1.2\n---\nid: AC-TEXT-001", "---\nid: AC-TEXT-001"),
    Example("yaml-two-documents", ONE, "33:1", LAST, LAST + "---\nid: C-09\n", LAST + "...\n"),
    Example("yaml-alias", ONE, "4:8", TITLE, "title: *three", "title: '*three'"),
    Example("yaml-anchor", ONE, "4:8", TITLE, "title: &three lines", "title: '&three lines'"),
    Example("yaml-tag", ONE, "4:8", TITLE, "title: !!str 3", "title: '3'"),
    Example("yaml-depth", ONE, "8:28", SUBJECT, f"{SUBJECT}notes: {'[' * 22}{']' * 22}\n", f"{SUBJECT}notes: [x]\n"),
    Example("yaml-number", ONE, "14:23", "seconds: 10,", "seconds: 9007199254740993,", "seconds: 90,"),
    Example("yaml-scalar", ONE, "19:23", "minimum: 2.5", "minimum: 1e-3", "minimum: 1.0e-3"),
    Example("yaml-key", ONE, "8:1", SUBJECT, f"{SUBJECT}1: x\n", f"{SUBJECT}'notes': [x]\n"),
    Example("yaml-duplicate-key", ONE, "8:1", SUBJECT, f"{SUBJECT}subject: run\n", "subject: run\n"),
    Example("unknown-key", ONE, "8:1", SUBJECT, f"{SUBJECT}notse: [x]\n", f"{SUBJECT}notes: [x]\n"),
    Example("missing-key", ONE, "1:1", "why: A text that was cut is still a text.\n", "", "why: It was cut.\n"),
    Example("wrong-type", ONE, "4:1", TITLE, "title: 3", "title: '3'"),
    Example("not-one-of", ONE, "3:1", "state: ACTIVE", "state: ACTVE", "state: RETIRED"),
    Example("bad-form", ONE, "11:5", "probe: line_count@1", "probe: line_count", "probe:   line_count@1"),
    Example("empty", ONE, "20:5", "accept: [rate]", "accept: []", "accept: [longest]"),
    Example("too-long", ONE, "4:1", TITLE, f"title: {'x' * 91}", f"title: {'x' * 90}"),
    Example("duplicate-item", ONE, "20:5", "accept: [rate]", "accept: [rate, rate]", "accept: [rate, longest]"),
    Example("out-of-range", ONE, "14:14", "seconds: 10,", "seconds: 0,", "seconds: 0.5,"),
    Example("kind-missing", ALL, "8:1", "kind: compound\n", "", "kind:  compound\n"),
    Example("compound-empty", ALL, "4:1", "all_of: [AC-TEXT-001, AC-TEXT-002]", "", "all_of: [AC-TEXT-002]", ("no-falsifier",)),
    Example("compound-with-falsifiers", ALL, "10:1", "AC-TEXT-002]", f"AC-TEXT-002]{MEASURES}", "AC-TEXT-002]\nnotes: [x]"),
    Example("battery-of-nothing", ALL, "4:1", "kind: compound", "kind: battery", "kind:  compound"),
    Example("compound-of-itself", ALL, "9:1", "AC-TEXT-002]", "GATE-ALL]", "AC-TEXT-002 ]", ("compound-of-compound",)),
    Example("unknown-scope", ONE, "8:20", "format: [apr, hf]", "format: [aprr, hf]", "format: [hf]"),
    Example("no-falsifier", TWO, "3:1", "state: DRAFT", "state: ACTIVE", "state: RETIRED"),
    Example("unknown-probe", ONE, "11:5", "line_count@1", "line_count@2", "'line_count@1'"),
    Example("unknown-parameter", ONE, "12:22", "limit: 3,", "limit: 3, limt: 4,", "limit: 4,"),
    Example("missing-parameter", ONE, "12:5", "limit: 3, ", "", "limit: 4, "),
    Example("bad-parameter", ONE, "12:12", "limit: 3,", "limit: 0,", "limit: 1,"),
    Example("unknown-quantity", ONE, "18:7", NAMES, "nams: {minItems: 1}", "names: {minItems: 1}"),
    Example("not-expected", ONE, "20:14", "accept: [rate]", "accept: [blank]", "accept: [lines]"),
    Example("accept-covers-all", ONE, "29:5", "{bytes: {minimum: 1}}", "{bytes: {minimum: 1}}\n    accept: [bytes]", "{bytes: {minimum: 9}}"),
    Example("artifact-not-needed", ONE, "27:5", "needs: {artifact: gguf}", "needs: {artifact: run}", "needs: {artifact: [run, gguf]}"),
    Example("bad-message", ONE, "21:5", "{lines} lines", "{lines.__class__} lines", "{blank} lines"),
    Example("empty-constraint", ONE, "16:15", LINES, "lines: {type: integer}", "lines: {type: integer, minimum: 1}"),
    Example("accepts-everything", ONE, "16:7", LINES, "lines: {minimum: 0}", "lines: {minimum: 1}"),
    Example("impossible-constraint", ONE, "16:7", LINES, "lines: {minimum: 5, maximum: 4}", "lines: {minimum: 4, maximum: 5}"),
    Example("bound-out-of-range", ONE, "16:15", LINES, "lines: {maximum: -1}", "lines: {maximum: 0}"),
    Example("constraint-cannot-apply", ONE, "16:15", LINES, "lines: {minItems: 1}", "lines: {minimum: 1}"),
    Example("bad-constraint", ONE, "16:15", LINES, "lines: {const: three}", "lines: {const: 3.0}"),
    Example("unknown-registered", ONE, "17:17", "parameters.high", "parameters.hihg", "parameters.low"),
    Example("vacuous-items", ONE, "18:15", NAMES, "names: {items: {enum: [roses]}}", "names: {minItems: 2, items: {enum: [roses]}}"),
    Example("zero-of-zero", ONE, "17:7", LINES, "lines: {maximum: 3}\n      doubled: {maxItems: 0}", "lines: {minimum: 1}\n      doubled: {maxItems: 0}"),
    Example("no-planted-defect", ONE, "25:5", f"    planted: [{DOUBLED}]\n", "", f"    planted: [ {DOUBLED} ]\n"),
    Example("unknown-defect", ONE, "29:16", "line_doubled, of: gguf", "line_dubbed, of: gguf", "line_doubled , of: gguf"),
    Example("defect-not-of", ONE, "23:32", "line_removed, of: apr", "line_removed, of: gguf", "line_removed,  of: apr"),
    Example("unknown-fixture", ONE, "24:9", "fixture-other", "fixture-othr", "fixture-text"),
    Example("fixture-out-of-scope", ONE, "23:9", "architecture: [llama]", "architecture: [qwen2]", "architecture: [llama, qwen2]"),
    Example("duplicate-planted", ONE, "29:61", DOUBLED, f"{DOUBLED}, {DOUBLED}", f"{DOUBLED}, {DOUBLED[:-1]}, on: fixture-other}}"),
    Example("duplicate-id", ONE, "25:5", "FALSIFY-TEXT-002", "FALSIFY-TEXT-001", "FALSIFY-TEXT-003"),
    Example("unknown-host", ONE, "13:13", "small-box", "large-box", "'small-box'"),
    Example("unknown-data", ONE, "12:22", "{data: poem}", "{data: peom}", "{data: 'poem'}"),
    Example("unknown-criterion", ALL, "9:23", "AC-TEXT-002]", "AC-TEXT-003]", "AC-TEXT-002]\nnotes: [x]"),
    Example("compound-weight", RELEASE, "5:28", "AC-TEXT-002: 40, GATE-ALL: 0", "GATE-ALL: 40", "AC-TEXT-002: 40"),
    Example("unknown-registration", RELEASE, "4:1", "text-1", "text-2", "fixture-text"),
    Example("weights-sum", RELEASE, "5:1", "AC-TEXT-002: 40", "AC-TEXT-002: 41", "AC-TEXT-002: 40.0"),
    Example("release-without-contract", RELEASE, "5:28", "AC-TEXT-002: 40", "AC-TEXT-003: 40", "AC-TEXT-002: 39.5, GATE-MORE: 0.5", ()),
    Example("empty-band", MODEL, "17:1", BAND, "{low: 138049, high: 138048}", "{low: 138047, high: 138048}"),
    Example("band-contradicts-constants", MODEL, "17:1", BAND, "{low: 366300000, high: 373700000}", "{low: 1, high: 373700000}"),
    Example("unknown-architecture", MODEL, "4:3", "architecture: llama", "architecture: lama", "architecture: 'llama'"),
    Example("implausible-constants", MODEL, "13:3", "rope_theta: 10000.0", "rope_theta: 0.5", "rope_theta: 500000.0"),
    Example("version-differs", ONE, "2:1", "version: 1.1.0\n", "version: 1.2.0\n", "version:  1.1.0\n"),
    Example("changelog-missing", TWO, "2:1", "version: 1.0.0\n", "version: 1.0.1\n", "version: 1.0.1\nchangelog: [{version: 1.0.1, change: c}]\n"),
    Example("changelog-twice", ONE, "33:5", LAST, LAST + "  - {version: 1.1.0, change: c}\n", LAST + "  - {version: 1.0.5, change: c}\n"),
    Example("approval-incomplete", ONE, "32:5", ", approver: the lead}", "}", ", approver: the other lead}"),
]  # fmt: skip


def remove_contracts(root: Path) -> None:
    shutil.rmtree(root)
    root.mkdir()


def write(name: str, text: str) -> Act:
    return lambda root: (root / name).write_text(text)


ACTS: list[tuple[str, str, Act, Act]] = [
    # What no text file can be: reading one's own memory at 0 is refused by the kernel, whoever asks.
    ("unreadable-yaml", "b.yaml", lambda r: (r / "b.yaml").symlink_to("/proc/self/mem"), lambda r: None),
    ("no-contracts", "", remove_contracts, lambda r: None),
    ("unknown-directory", "host", lambda r: (r / "host").mkdir(), lambda r: (r / ".host").mkdir()),
    ("bad-suffix", "b.yml", write("b.yml", "id: C-09"), write("b.txt", "id: C-09")),
    ("name-differs", "b.yaml:1:1", lambda r: (r / TWO).rename(r / "b.yaml"), lambda r: None),
    ("compound-of-compound", "gate-more.yaml:9:10", write("gate-more.yaml", f"{MORE_COMPOUND}all_of: [GATE-ALL]\n"), write("gate-more.yaml", f"{MORE_COMPOUND}all_of: [AC-TEXT-001]\n")),
    ("schema-differs", "schema.json:1:1", write("schema.json", "{}"), lambda r: (r / "schema.json").unlink()),
    ("proof-without-contract", "proofs/AC-TEXT-003.json:1:1", write("proofs/AC-TEXT-003.json", "{}"), write("proofs/AC-TEXT-002.json", "{}")),
]  # fmt: skip

MORE = [
    Example("unknown-scope", ONE, "8:52", "architecture: [llama]", "architecture: [llama, lama]", "architecture: [llama, qwen2]"),
    Example("approval-incomplete", ONE, "32:77", "approver: the lead}", "approver: none}", "approver: nine}"),
    Example("approval-incomplete", ONE, "32:52", "reason: A line was lost", "reason: '-'", "reason: lost"),
    Example("approval-incomplete", "hosts/small-box.yaml", "5:36", "cores: {minimum: 2}}\n", "cores: {minimum: 2}}\nchangelog: [{change: c, reason: r, approver: 'n/a'}]\n", "cores: {minimum: 3}}\n"),
]  # fmt: skip

MORE_ACTS: list[tuple[str, str, Act, Act]] = [
    ("unreadable-yaml", "b.yaml", lambda r: (r / "b.yaml").symlink_to("nowhere"), lambda r: None),
    ("unreadable-yaml", "hosts/b.yaml", lambda r: os.mkfifo(r / "hosts" / "b.yaml"), lambda r: None),
    ("unknown-directory", "models/old", lambda r: (r / "models" / "old").mkdir(), lambda r: None),
]

AGAINST = {"version-not-raised", "loosened", "loosened-after-red"}
"""The rules about two revisions, whose examples stand in test_ratchet*.py."""

NOTES = {"idle-defect", "never-red"}
"""What is told and is no problem."""


def problems(root: Path, registries: dict[str, Any]) -> tuple[Problem, ...]:
    return lint([root], **registries).problems


def place(problem: Problem, root: Path) -> str:
    parts = (problem.file, problem.line, problem.column)
    return ":".join(str(part) for part in parts if part is not None).removeprefix(f"{root}").lstrip("/")


def test_a_spotless_directory_has_no_problem(spotless: Path, registries: dict[str, Any]) -> None:
    report = lint([spotless], **registries)
    assert report.problems == ()
    assert len(report.files) == 8


@pytest.mark.parametrize("example", [*EXAMPLES, *MORE], ids=lambda example: example.code)
def test_breaks_the_rule(example: Example, spotless: Path, edit: Edit, registries: dict[str, Any]) -> None:
    if example.old:
        edit(example.file, example.old, example.bad)
    else:
        (spotless / example.file).write_text(example.bad)
    found = problems(spotless, registries)
    assert {problem.code for problem in found} == {example.code, *example.also}
    first = next(problem for problem in found if problem.code == example.code)
    assert place(first, spotless) == f"{example.file}:{example.at}"
    assert first.message
    assert first.fix


@pytest.mark.parametrize(
    "example", [e for e in [*EXAMPLES, *MORE] if e.good is not None], ids=lambda e: e.code
)
def test_does_not_break_it(example: Example, spotless: Path, edit: Edit, registries: dict[str, Any]) -> None:
    if "GATE-MORE" in str(example.good):
        (spotless / "gate-more.yaml").write_text(
            MORE_COMPOUND.replace("kind: compound\n", "").replace("ACTIVE", "DRAFT")
        )
    edit(example.file, example.old, str(example.good))
    assert problems(spotless, registries) == ()


@pytest.mark.parametrize(
    ("code", "at", "bad", "good"), [*ACTS, *MORE_ACTS], ids=lambda value: str(value)[:24]
)
def test_files_and_directories(
    code: str, at: str, bad: Act, good: Act, spotless: Path, registries: dict[str, Any]
) -> None:
    good(spotless)
    assert problems(spotless, registries) == ()
    bad(spotless)
    (found,) = problems(spotless, registries)
    assert (found.code, place(found, spotless)) == (code, at)
    assert found.message
    assert found.fix


def test_every_rule_has_an_example() -> None:
    codes = [example.code for example in EXAMPLES] + [code for code, *_ in ACTS]
    assert len(codes) == len(set(codes))
    assert set(codes) | AGAINST | NOTES == set(RULES)


def test_a_defect_that_no_active_contract_names_is_noted(
    spotless: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    assert lint([spotless], **registries).notes == ()
    edit(ONE, "      - {defect: line_removed, of: apr, red: lines, with: {line: 2}}\n", "")
    report = lint([spotless], **registries)
    assert report.problems == ()
    (note,) = report.notes
    assert (note.code, place(note, spotless)) == ("idle-defect", "")
    assert note.message == "no ACTIVE contract names 1 planted defects: line_removed"
    (spotless / "models" / "fixture-text.yaml").unlink()
    assert lint([spotless], **registries).notes == ()


def test_what_no_planted_defect_has_turned_red_is_noted(catalogue: Catalogue, tmp_path: Path) -> None:
    for name in ("c-03.yaml", "proofs/C-03.json", "data/fixture-tokenizer.json", "models"):
        source, target = catalogue.root / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    report = lint([tmp_path])
    assert report.problems == ()
    (note,) = report.notes
    assert (note.code, note.message) == ("never-red", "no planted defect has turned red: FALSIFY-C-03 fields")
    (tmp_path / "proofs" / "C-03.json").write_text("{}")
    assert lint([tmp_path]).notes == ()
