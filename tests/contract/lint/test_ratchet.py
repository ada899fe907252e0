"""`lint --against REV`: a bar moves down only with reason, approver, version and a new measurement."""

# ruff: noqa: E501 - a change is one row of a table, however long

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import Catalogue, criterion_hash
from shipworthy.contract.lint.contract_changes import parameter_direction
from shipworthy.contract.lint.ratchet import Comparison, PastResult, compare_catalogues
from shipworthy.contract.lint.revision import contracts_at
from shipworthy.contract.load import load_catalogue, read_catalogue
from shipworthy.contract.probes import PROBES
from shipworthy.errors import UsageError

Edit = Callable[[str, str, str], Path]
ONE, TWO, ALL = "ac-text-001.yaml", "ac-text-002.yaml", "gate-all.yaml"
HOST, MODEL, RELEASE = "hosts/small-box.yaml", "models/text-1.yaml", "releases/text.yaml"
BAND = "parameters: {low: 138048, high: 138048}"
LAST = "approver: the lead}\n"
APPROVED = "changelog:\n  - {change: c, reason: r, approver: the lead}\n"


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    argv = ["git", "-C", str(root), *identity, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(spotless: Path) -> Path:
    """The spotless directory, committed; returns it."""
    root = spotless.parent
    git(root, "init", "-q")
    git(root, "add", "contracts")
    git(root, "commit", "-qm", "as it was")
    return spotless


def against(
    root: Path, registries: dict[str, Any], results: list[PastResult] | None = None, revision: str = "HEAD"
) -> Comparison:
    """Compare the directory with the revision."""
    folder = root.parent / f"was-{revision}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    contracts_at(root, revision, folder)
    before = read_catalogue(folder, **registries)
    after = load_catalogue(root, **registries)
    return compare_catalogues(before, after, probes=registries["probes"], results=results or [])


def directions(comparison: Comparison) -> dict[str, str]:
    return {change.what: str(change.direction) for change in comparison.changes}


def codes(comparison: Comparison) -> list[str]:
    return sorted({problem.code for problem in comparison.red})


def raised(edit: Edit, *, approved: bool = True) -> None:
    """Raise the version of the first contract, with a changelog line of it."""
    edit(ONE, "version: 1.1.0\n", "version: 1.2.0\n")
    line = ", reason: r, approver: the lead" if approved else ""
    edit(ONE, LAST, f"{LAST}  - {{version: 1.2.0, change: c{line}}}\n")


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


def test_a_tightening_is_free_once_it_has_a_version(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 3}")
    assert codes(against(repository, registries)) == ["version-not-raised"]
    raised(edit, approved=False)
    assert against(repository, registries).red == ()


def test_a_criterion_that_changed_needs_a_version_and_a_line_of_it(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 3}")
    edit(ONE, "version: 1.1.0\n", "version: 1.2.0\n")
    (problem,) = against(repository, registries).red
    assert problem.code == "version-not-raised"
    assert "no changelog line" in problem.message
    assert (problem.line, problem.column) == (2, 1)


def test_a_draft_that_stays_one_needs_no_version_and_one_that_binds_does(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(TWO, "statement: The text rhymes.", "statement: It rhymes.")
    assert against(repository, registries).red == ()
    active = (
        "state: ACTIVE\nfalsifiers: [{id: FALSIFY-TEXT-009, probe: export_size@1, needs: {artifact: gguf}, "
        "expect: {bytes: {minimum: 1}}, planted: [{defect: line_doubled, of: gguf, red: bytes}]}]"
    )
    edit(TWO, "state: DRAFT", active)
    comparison = against(repository, registries)
    assert directions(comparison) == {"state": "tightening"}
    assert codes(comparison) == ["version-not-raised"]


def test_a_loosening_needs_a_reason_and_an_approver(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 2}")
    comparison = against(repository, registries)
    assert codes(comparison) == ["loosened", "version-not-raised"]
    problem = next(problem for problem in comparison.red if problem.code == "loosened")
    assert ">= 2.5 lines/s -> >= 2 lines/s" in problem.message or ">= 2.5 -> >= 2" in problem.message
    assert (problem.line, problem.column) == (19, 7)
    raised(edit, approved=False)
    assert codes(against(repository, registries)) == ["loosened"]
    edit(ONE, "change: c}", "change: c, reason: r, approver: the lead}")
    assert against(repository, registries).red == ()


def test_an_approval_of_before_covers_nothing_new(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "seconds: 10,", "seconds: 99,")  # 1.1.0 was approved, for something else
    assert codes(against(repository, registries)) == ["loosened"]


def test_an_approval_holds_through_later_versions(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 2}")
    raised(edit)
    edit(ONE, "version: 1.2.0\n", "version: 1.3.0\n")
    edit(ONE, "approver: the lead}\n  - {version: 1.2.0, change: c, reason: r, approver: the lead}\n",
         "approver: the lead}\n  - {version: 1.2.0, change: c, reason: r, approver: the lead}\n"
         "  - {version: 1.3.0, change: d}\n")  # fmt: skip
    assert against(repository, registries).red == ()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (HOST, "cores: {minimum: 2}}\n", "cores: {minimum: 1}}\n"),
        (MODEL, "licence: apache-2.0\n", "licence: mit\n"),
        (RELEASE, "AC-TEXT-001: 60, AC-TEXT-002: 40, GATE-ALL: 0}\n", "AC-TEXT-001: 100, GATE-ALL: 0}\n"),
    ],
)
def test_a_file_without_a_version_names_its_approver_too(
    name: str, old: str, new: str, repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(name, old, new)
    assert "loosened" in codes(against(repository, registries))
    edit(name, new, new + APPROVED)
    assert "loosened" not in codes(against(repository, registries))
    git(repository, "commit", "-qam", "approved")
    edit(name, new, old)  # the way back is another change, and the line is no longer new
    moved = against(repository, registries)
    free = all(change.direction.free for change in moved.changes)
    assert ("loosened" in codes(moved)) != free


def entry(catalogue: Catalogue, *, falsified: bool, measured: bool = True) -> PastResult:
    digest = criterion_hash(catalogue.contracts["AC-TEXT-001"], catalogue)
    return PastResult("AC-TEXT-001", digest, falsified, measured)


def test_a_loosening_after_a_red_result_stays_red_until_measured_again(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    was = load_catalogue(repository, **registries)
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 2}")
    raised(edit)
    now = load_catalogue(repository, **registries)
    red = entry(was, falsified=True)

    def found(*results: PastResult) -> list[str]:
        return codes(against(repository, registries, list(results)))

    assert found() == []
    assert found(entry(was, falsified=False)) == []
    assert found(red) == ["loosened-after-red"]
    assert found(red, entry(was, falsified=False)) == ["loosened-after-red"]
    assert found(red, entry(now, falsified=False, measured=False)) == ["loosened-after-red"]
    assert found(red, entry(now, falsified=False)) == []
    assert found(red, entry(now, falsified=True)) == []
    assert found(entry(now, falsified=False), red) == ["loosened-after-red"]
    assert found(PastResult("AC-TEXT-009", red.criterion, True, True)) == []


def test_a_loosening_that_has_landed_stays_red_too(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    was = load_catalogue(repository, **registries)
    edit(ONE, "rate: {minimum: 2.5}", "rate: {minimum: 2}")
    raised(edit)
    git(repository, "commit", "-qam", "approved, and not measured")
    now = load_catalogue(repository, **registries)
    red, green = entry(was, falsified=True), entry(was, falsified=False)

    def found(*results: PastResult) -> list[str]:
        return codes(against(repository, registries, list(results)))

    assert found() == []
    assert found(red) == ["loosened-after-red"]
    assert found(red, green) == []  # it had recovered by itself before the bar moved
    assert found(red, entry(now, falsified=True)) == []
    edit(ONE, "version: 1.2.0\n", "version: 1.3.0\n")
    edit(ONE, "1.2.0, change: c, reason: r, approver: the lead}\n",
         "1.2.0, change: c, reason: r, approver: the lead}\n  - {version: 1.3.0, change: d}\n")  # fmt: skip
    assert found(red) == []  # a version that nobody approved loosens nothing: it is compared as it is


def test_a_limit_is_no_part_of_the_identity_and_must_be_measured_again_all_the_same(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    was = load_catalogue(repository, **registries)
    edit(ONE, "seconds: 10,", "seconds: 99,")
    raised(edit)
    red, green = entry(was, falsified=True), entry(was, falsified=False)
    assert codes(against(repository, registries, [green, red])) == ["loosened-after-red"]
    assert codes(against(repository, registries, [red, red])) == ["loosened-after-red"]
    assert codes(against(repository, registries, [red, green])) == []


def test_a_revision_without_contracts_has_nothing_to_loosen(
    spotless: Path, registries: dict[str, Any]
) -> None:
    root = spotless.parent
    (root / "README").write_text("first")
    git(root, "init", "-q")
    git(root, "add", "README")
    git(root, "commit", "-qm", "no contracts yet")
    comparison = against(spotless, registries)
    assert comparison.red == ()
    assert {change.what for change in comparison.changes} == {"file"}
    assert {str(change.direction) for change in comparison.changes} == {"tightening", "neutral"}


def test_an_id_that_comes_back_is_known_to_the_evidence(repository: Path, registries: dict[str, Any]) -> None:
    text = (repository / ONE).read_text()
    was = criterion_hash(
        load_catalogue(repository, **registries).contracts["AC-TEXT-001"],
        load_catalogue(repository, **registries),
    )
    (repository / ONE).unlink()
    git(repository.parent, "commit", "-qam", "gone")
    looser, _ = text.replace("lines: {const: 3}", "lines: {minimum: 1}").split("changelog:")
    results = [PastResult("AC-TEXT-001", was, falsified=False, measured=True)]
    (repository / ONE).write_text(looser.replace("1.1.0", "1.0.0"))
    assert [p.code for p in against(repository, registries).red] == []
    assert [p.code for p in against(repository, registries, results).red] == ["version-not-raised"]
    line = "changelog: [{version: 1.2.0, change: Back, reason: asked for, approver: the lead}]\n"
    (repository / ONE).write_text(looser.replace("1.1.0", "1.2.0") + line)
    assert against(repository, registries, results).red == ()
    (repository / ONE).write_text(text)
    assert against(repository, registries, results).red == ()


def test_what_did_not_read_then_cannot_be_compared(
    repository: Path, edit: Edit, registries: dict[str, Any]
) -> None:
    edit(ONE, "state: ACTIVE", "state: BINDING")
    git(repository, "commit", "-qam", "a word of another day")
    edit(ONE, "state: BINDING", "state: ACTIVE")
    comparison = against(repository, registries)
    assert directions(comparison) == {"file": "incomparable"}
    assert codes(comparison) == []  # its newest line names a reason and an approver
    edit(ONE, ", reason: A line was lost, approver: the lead", "")
    assert codes(against(repository, registries)) == ["loosened"]


def test_names_and_bytes_come_back_as_they_were(repository: Path, tmp_path: Path) -> None:
    odd = repository / "data" / "a b\tc é.txt"
    odd.write_bytes(b"\x00\n\xff")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "an odd name")
    (tmp_path / "then").mkdir()
    assert contracts_at(repository, "HEAD", tmp_path / "then") == 12
    assert (tmp_path / "then" / "data" / odd.name).read_bytes() == b"\x00\n\xff"
    assert (tmp_path / "then" / ONE).read_bytes() == (repository / ONE).read_bytes()


@pytest.mark.parametrize("revision", ["no-such-branch", "--upload-pack=x", "", "HEAD:contracts", "HEAD~9"])
def test_an_unknown_revision_is_refused(repository: Path, tmp_path: Path, revision: str) -> None:
    with pytest.raises(UsageError) as caught:
        contracts_at(repository, revision, tmp_path)
    assert (caught.value.code, caught.value.exit_code) == ("unknown-revision", 2)


def test_without_a_repository_or_git_it_says_so(
    spotless: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match=r"no git history.*not a git repository.*no-history"):
        contracts_at(spotless, "HEAD", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"git is not installed.*no-history"):
        contracts_at(spotless, "HEAD", tmp_path)
