"""`lint --against REV`: after a red result a bar moves down only with a new measurement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ratchet import ONE, Edit, against, codes, git, raised
from shipworthy.contract import Catalogue, criterion_hash
from shipworthy.contract.lint.ratchet import PastResult
from shipworthy.contract.load import load_catalogue


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
