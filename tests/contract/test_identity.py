"""The hash of a criterion changes with every field that makes it what it is, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shipworthy.contract import (
    Catalogue,
    criterion_hash,
    host_digest,
    load_contract,
    planted_digest,
    registration_digest,
)

Write = Callable[..., Path]
Load = Callable[[Path], Catalogue]


def digests(load: Load, root: Path) -> tuple[str, str]:
    catalogue = load(root)
    contract = catalogue.contracts["AC-TEXT-001"]
    return criterion_hash(contract, catalogue), planted_digest(contract)


def edited(good: str, old: str, new: str) -> str:
    assert old in good
    return good.replace(old, new)


IDENTITY = [
    ("statement: The text has three", "statement: The text has four"),
    ("state: ACTIVE", "state: DRAFT"),
    ("subject: checkpoint", "subject: release"),
    ("format: [apr, hf]", "format: [apr]"),
    ("architecture: [llama]", "architecture: [llama, qwen2]"),
    ("{limit: 3, texts", "{limit: 4, texts"),
    (", texts: {data: poem}", ""),
    ("host: small-box, ", ""),
    ("artifact: [run, baseline]", "artifact: run"),
    ("lines: {const: 3}", "lines: {const: 4}"),
    ("lines: {const: 3}", "lines: {minimum: 3}"),
    ("parameters.high", "parameters.low"),
    ("minimum: 2.5", "minimum: 2.4"),
    ("    accept: [rate]\n", ""),
    ("accept: [rate]", "accept: [rate, lines]"),
    ("expect: {bytes: {minimum: 1}}", "expect: {bytes: {minimum: 1, maximum: 9}}"),
]

NO_IDENTITY = [
    ("id: AC-TEXT-001", "id: AC-TEXT-001 # a comment"),
    ("version: 1.0.0\nstate", "version: 2.0.0\nstate"),
    ("title: The text has three lines", "title: Three lines"),
    ("why: A text that was cut", "why: A text that was torn"),
    ("state: ACTIVE\ntitle: The text has three lines\n", "title: The text has three lines\nstate: ACTIVE\n"),
    ("applies: {format: [apr, hf]", "applies: {format: [hf, apr]"),
    ("{limit: 3, texts: {data: poem}}", "{texts: {data: poem}, limit: 3}"),
    ("[run, baseline]", "[baseline, run]"),
    ("artifact: gguf", "artifact: [gguf]"),
    ("const: 3", "const: 3.0"),
    ("minimum: 2.5", "minimum: 2.50"),
    ("seconds: 10", "seconds: 20"),
    ("alone: true", "alone: false"),
    ('message: "TEXT: {lines}', 'message: "TEXT: has {lines}'),
    ("FALSIFY-TEXT-002", "FALSIFY-TEXT-003"),
    ("change: First written.", "change: Written first."),
    ("statement: The text has three lines,", "statement: >-\n  The text has\n  three lines,"),
]

PLANTED = [
    ("with: {line: 2}", "with: {line: 3}"),
    (", on: fixture-other", ""),
    ("{defect: line_doubled, of: apr, red: lines, on", "{defect: line_doubled, of: gguf, red: lines, on"),
    ("red: lines, with", "red: longest, with"),
    ("      - {defect: line_removed, of: apr, red: lines, with: {line: 2}}\n", ""),
]


@pytest.mark.parametrize(("old", "new"), IDENTITY)
def test_changes_with(write: Write, load: Load, good_contract: str, old: str, new: str) -> None:
    before, planted = digests(load, write())
    after, planted_after = digests(load, write({"ac-text-001.yaml": edited(good_contract, old, new)}))
    assert after != before
    assert planted_after == planted


@pytest.mark.parametrize(("old", "new"), NO_IDENTITY)
def test_does_not_change_with(write: Write, load: Load, good_contract: str, old: str, new: str) -> None:
    before, _ = digests(load, write())
    assert digests(load, write({"ac-text-001.yaml": edited(good_contract, old, new)}))[0] == before


@pytest.mark.parametrize(("old", "new"), PLANTED)
def test_a_planted_defect_is_no_identity_but_has_its_own_digest(
    write: Write, load: Load, good_contract: str, old: str, new: str
) -> None:
    before, planted = digests(load, write())
    after, planted_after = digests(load, write({"ac-text-001.yaml": edited(good_contract, old, new)}))
    assert after == before
    assert planted_after != planted


def test_changes_with_the_version_of_a_probe(write: Write, load: Load, good_contract: str) -> None:
    draft = edited(good_contract, "ACTIVE", "DRAFT")
    other = edited(draft, "line_count@1", "line_count@2")
    assert digests(load, write({"ac-text-001.yaml": draft})) != digests(
        load, write({"ac-text-001.yaml": other})
    )


def test_changes_with_the_bytes_of_a_data_file(write: Write, load: Load) -> None:
    before, _ = digests(load, write())
    assert digests(load, write({"data/poem.txt": "violets are blue\n"}))[0] != before


def test_changes_with_what_the_host_says(write: Write, load: Load) -> None:
    root = write()
    before, _ = digests(load, root)
    host = root / "hosts" / "small-box.yaml"
    host.write_text(edited(host.read_text(), "device: cpu", "device: cpu  # as before"))
    assert digests(load, root)[0] == before
    host.write_text(edited(host.read_text(), "minimum: 2", "minimum: 3"))
    assert digests(load, root)[0] != before


def test_the_order_of_falsifiers_is_irrelevant(write: Write, load: Load, good_contract: str) -> None:
    first, second = good_contract.index("  - id: FALSIFY"), good_contract.rindex("  - id: FALSIFY")
    end = good_contract.index("changelog:")
    swapped = (
        good_contract[:first] + good_contract[second:end] + good_contract[first:second] + good_contract[end:]
    )
    assert digests(load, write({"ac-text-001.yaml": swapped})) == digests(load, write())


def test_the_number_of_a_criterion_is_not_its_identity(write: Write, load: Load, good_contract: str) -> None:
    before, _ = digests(load, write())
    catalogue = load(write({"ac-text-001.yaml": edited(good_contract, "AC-TEXT-001", "AC-TEXT-009")}))
    assert criterion_hash(catalogue.contracts["AC-TEXT-009"], catalogue) == before


def test_registrations_and_hosts_have_digests_of_what_they_say(write: Write, load: Load) -> None:
    root = write()
    catalogue = load(root)
    before = registration_digest(catalogue.registrations["text-1"])
    assert len(host_digest(catalogue.hosts["small-box"])) == 64
    model = root / "models" / "text-1.yaml"
    model.write_text("# a comment\n" + model.read_text())
    assert registration_digest(load(root).registrations["text-1"]) == before
    model.write_text(edited(model.read_text(), "high: 20", "high: 21"))
    assert registration_digest(load(root).registrations["text-1"]) != before


def test_a_compound_is_its_statement_and_its_members(write: Write, load: Load, registries: dict) -> None:
    root = write()
    head = "version: 1.0.0\nstate: DRAFT\nkind: compound\ntitle: t\nstatement: s\nwhy: w\nsubject: run\n"
    hashes = []
    for members in ("[C-01, C-02]", "[C-02, C-01]", "[C-01, C-03]"):
        path = root / "gate.yaml"
        path.write_text(f"id: GATE-ALL\n{head}all_of: {members}\n")
        hashes.append(criterion_hash(load_contract(path, **registries), load(root)))
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]
