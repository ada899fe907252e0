"""`lint --against REV`: what was there then, and revisions that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ratchet import ONE, Edit, against, codes, directions, git
from shipworthy.contract.lint.revision import contracts_at
from shipworthy.errors import UsageError


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
