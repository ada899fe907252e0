"""`lint --against REV`: each kind of change, and whether it loosens."""

# ruff: noqa: E501 - a change is one row of a table, however long

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ratchet import ALL, BAND, HOST, MODEL, ONE, RELEASE, TWO, Edit, against, codes, directions, git
from shipworthy.contract.lint.contract_changes import parameter_direction
from shipworthy.contract.lint.ratchet import Comparison
from shipworthy.contract.probes import PROBES


def test_nothing_changed(repository: Path, registries: dict[str, Any]) -> None:
    comparison = against(repository, registries)
    assert comparison == Comparison((), ())


CHANGES = [
    (ONE, "lines: {const: 3}", "lines: {minimum: 3}", "lines", "loosening", "16:7"),
    (ONE, "lines: {const: 3}", "lines: {const: 3, minimum: 1}", "lines", "neutral", "16:7"),
    (ONE, "lines: {const: 3}", "lines: {const: 4}", "lines", "incomparable", "16:7"),
    (ONE, "rate: {minimum: 2.5}", "rate: {minimum: 2.0}", "rate", "loosening", "19:7"),
    (ONE, "rate: {minimum: 2.5}", "rate: {minimum: 3}", "rate", "tightening", "19:7"),
    (ONE, "      lines: {const: 3}\n", "      blank: {const: false}\n      lines: {const: 3}\n", "blank", "tightening", "16:7"),
    (ONE, "      names: {minItems: 1, items: {enum: [roses]}}\n", "", "names", "loosening", "15:5"),
    (ONE, "{registered: parameters.high}", "138048", "longest", "incomparable", "17:7"),
    (ONE, "with: {limit: 3, texts: {data: poem}}", "with: {limit: 3}", "FALSIFY-TEXT-001 with texts", "incomparable", "12:5"),
    (ONE, "limit: 3,", "limit: 4,", "FALSIFY-TEXT-001 with limit", "incomparable", "12:12"),
    (ONE, "host: small-box, ", "", "FALSIFY-TEXT-001 needs host", "loosening", "13:5"),
    (ONE, "artifact: [run, baseline]", "artifact: [run]", "FALSIFY-TEXT-001 needs baseline", "loosening", "13:5"),
    (ONE, "artifact: [run, baseline]", "artifact: [run, baseline, gguf]", "FALSIFY-TEXT-001 needs gguf", "tightening", "13:5"),
    (ONE, "seconds: 10,", "seconds: 11,", "FALSIFY-TEXT-001 seconds", "loosening", "14:14"),
    (ONE, "seconds: 10,", "seconds: 9,", "FALSIFY-TEXT-001 seconds", "tightening", "14:14"),
    (ONE, "memory_bytes: 1000000, ", "", "FALSIFY-TEXT-001 memory_bytes", "loosening", "14:5"),
    (ONE, "alone: true", "alone: false", "FALSIFY-TEXT-001 alone", "loosening", "14:50"),
    (ONE, "accept: [rate]", "accept: [rate, lines]", "FALSIFY-TEXT-001 accepts lines", "loosening", "20:20"),
    (ONE, "    accept: [rate]\n", "", "FALSIFY-TEXT-001 accepts rate", "tightening", "10:5"),
    (ONE, "      - {defect: line_doubled, of: apr, red: lines, on: fixture-other}\n", "", "FALSIFY-TEXT-001 planted line_doubled of apr on fixture-other, red lines", "loosening", "22:5"),
    (ONE, "with: {line: 2}}", "with: {line: 3}}", 'FALSIFY-TEXT-001 planted line_removed of apr with {"line":3}, red lines', "tightening", "23:9"),
    (ONE, "format: [apr, hf]", "format: [apr]", "applies to format", "tightening", "8:11"),
    (ONE, "format: [apr, hf]", "format: [apr, hf, gguf]", "applies to format", "loosening", "8:11"),
    (ONE, ", architecture: [llama]", "", "applies to architecture", "loosening", "8:1"),
    (ONE, "statement: The text has", "statement: The text may have", "statement", "incomparable", "5:1"),
    (ONE, "subject: checkpoint", "subject: run", "subject", "incomparable", "7:1"),
    (ONE, "title: The text has", "title: This text has", "title", "neutral", "4:1"),
    (ONE, "why: A text", "why: Any text", "why", "neutral", "6:1"),
    (ONE, "{lines} lines", "{lines} rows", "FALSIFY-TEXT-001 message", "neutral", "21:5"),
    (ONE, "state: ACTIVE", "state: RETIRED", "state", "loosening", "3:1"),
    (ONE, "id: FALSIFY-TEXT-002", "id: FALSIFY-TEXT-003", "id of a falsifier", "neutral", "25:5"),
    (ONE, "  - {version: 1.0.0, change: First written.}\n", "", "changelog line of 1.0.0", "loosening", "30:1"),
    (TWO, "state: DRAFT", "state: RETIRED", "state", "neutral", "3:1"),
    (TWO, "statement: The text rhymes.", "statement: It may.", "bars of a DRAFT contract", "neutral", "3:1"),
    (ALL, "all_of: [AC-TEXT-001, AC-TEXT-002]", "all_of: [AC-TEXT-001]", "member AC-TEXT-002", "loosening", "9:1"),
    (HOST, "cores: {minimum: 2}", "cores: {minimum: 1}", "cores", "loosening", "4:32"),
    (HOST, ", cores: {minimum: 2}", "", "cores", "loosening", "4:1"),
    (HOST, "name: {const: small}, ", "name: {const: large}, ", "name", "incomparable", "4:10"),
    (HOST, "device: cpu", "device: cuda", "device", "incomparable", "3:1"),
    (MODEL, BAND, "parameters: {low: 138048, high: 138049}", "parameters", "loosening", "17:1"),
    (MODEL, "licence: apache-2.0", "licence: mit", "licence", "incomparable", "18:1"),
    (MODEL, "max_position_embeddings: 256", "max_position_embeddings: 512", "max_position_embeddings", "incomparable", "12:3"),
    (MODEL, "licence:", f"tokenizer: {{digest: {'a' * 64}}}\nlicence:", "tokenizer digest", "tightening", "18:1"),
    (RELEASE, "AC-TEXT-001: 60, AC-TEXT-002: 40", "AC-TEXT-001: 70, AC-TEXT-002: 30", "AC-TEXT-002", "loosening", "5:28"),
    (RELEASE, ", GATE-ALL: 0", "", "GATE-ALL", "loosening", "5:1"),
    (RELEASE, "registration: text-1", "registration: fixture-text", "registration", "incomparable", "4:1"),
    (RELEASE, "demo: true", "demo: false", "demo", "incomparable", "3:1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "what", "direction", "at"), CHANGES)
def test_each_kind_of_change(
    name: str, old: str, new: str, what: str, direction: str, at: str,
    repository: Path, edit: Edit, registries: dict[str, Any],
) -> None:  # fmt: skip
    edit(name, old, new)
    comparison = against(repository, registries)
    assert directions(comparison)[what] == direction
    change = next(change for change in comparison.changes if change.what == what)
    assert change.where == f"{repository / name}:{at}"
    assert change.before != change.after
    assert ("loosened" in codes(comparison)) == (
        any(not change.direction.free for change in comparison.changes)
    )


def test_a_narrower_band_is_free(repository: Path, edit: Edit, registries: dict[str, Any]) -> None:
    edit(MODEL, BAND, "parameters: {low: 138000, high: 138100}")
    git(repository, "commit", "-qam", "a wide band")
    edit(MODEL, "{low: 138000, high: 138100}", "{low: 138048, high: 138100}")
    comparison = against(repository, registries)
    assert directions(comparison) == {"parameters": "tightening"}
    assert comparison.red == ()


def test_other_bytes_of_the_same_data(repository: Path, registries: dict[str, Any]) -> None:
    (repository / "data" / "poem.txt").write_text("violets are blue\n")
    comparison = against(repository, registries)
    assert directions(comparison) == {"FALSIFY-TEXT-001 data poem": "incomparable"}
    assert codes(comparison) == ["loosened", "version-not-raised"]


@pytest.mark.parametrize(
    ("probe", "name", "was", "now", "expected"),
    [
        ("decode_throughput@2", "runs", 3, 2, "loosening"),
        ("decode_throughput@2", "iterations", 5, 6, "tightening"),
        ("decode_throughput@2", "max_tokens", 128, 64, "incomparable"),
        ("decode_throughput@2", "runs", 3, None, "incomparable"),
        ("llama_cpp_parity@2", "positions", 64, 32, "loosening"),
        ("llama_cpp_parity@2", "prompts", {"data": "a"}, {"data": "b"}, "incomparable"),
        ("gguf_round_trip@1", "count", 8, 4, "loosening"),
        ("checkpoint_metadata@1", "fields", ["a", "b"], ["a"], "loosening"),
        ("checkpoint_metadata@1", "fields", ["a"], ["b", "a"], "tightening"),
        ("checkpoint_metadata@1", "fields", ["a"], ["b"], "incomparable"),
        ("not_installed@1", "runs", 3, 4, "incomparable"),
    ],
)
def test_fewer_samples_are_a_loosening(probe: str, name: str, was: Any, now: Any, expected: str) -> None:
    assert parameter_direction(PROBES.get(probe), name, was, now) == expected


@pytest.mark.parametrize(("name", "red"), [(ONE, ["loosened"]), (TWO, []), (RELEASE, ["loosened"])])
def test_a_file_that_is_gone(
    name: str, red: list[str], repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ALL, "[AC-TEXT-001, AC-TEXT-002]", "[AC-TEXT-009]") if name == ONE else None
    edit(ALL, "state: ACTIVE", "state: DRAFT") if name != RELEASE else None
    git(repository, "commit", "--allow-empty", "-qam", "the compound binds nothing")
    (repository / name).unlink()
    comparison = against(repository, registries)
    assert codes(comparison) == red
    assert [str(change.what) for change in comparison.changes] == ["file"]
