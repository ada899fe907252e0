"""A witness shows what a chain cannot: a tail that was removed, and a chain that was built again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shipworthy.errors import FileError, UsageError
from shipworthy.evidence.ledger import commit_head, head_document, not_held, read_lines, read_witnesses
from shipworthy.evidence.ledger.witness import HEAD_FILE
from small_ledgers import chain

START = chain(3)
LONGER = chain(2, after=START)
REBUILT = chain(9, name="other")


def git(repository: Path, *arguments: str) -> str:
    argv = ["git", "-C", str(repository), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Witness")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "witness@example.org")
    path = tmp_path / "repository"
    path.mkdir()
    git(path, "init", "--quiet")
    return path


def test_a_head_in_a_file_is_held_by_what_goes_on_from_it(tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    kept.write_bytes(head_document(START))
    witnesses = read_witnesses(kept)
    assert not_held(START, witnesses) == not_held(LONGER, witnesses) == []
    removed = read_lines(b"".join(START.data().splitlines(keepends=True)[:2]), Path("ledger.jsonl"))
    assert not_held(removed, witnesses) == not_held(REBUILT, witnesses) == witnesses


def test_every_commit_of_a_head_counts(repository: Path) -> None:
    first = commit_head(START, repository)
    (repository / "other.txt").write_text("staged, and not ours to commit")
    git(repository, "add", "other.txt")
    second = commit_head(LONGER, repository)
    assert git(repository, "log", "--format=%H").split() == [second, first]
    assert git(repository, "show", "--name-only", "--format=").split() == [HEAD_FILE]
    assert [w.number for w in read_witnesses(repository)] == [5, 3]
    assert not_held(LONGER, read_witnesses(repository)) == []
    assert [w.number for w in not_held(START, read_witnesses(repository))] == [5]
    assert len(not_held(REBUILT, read_witnesses(repository))) == 2


@pytest.fixture
def merged(repository: Path) -> Path:
    """Two machines witnessed in one repository: the longer head lies behind a merge that kept the shorter."""
    commit_head(START, repository)
    main = git(repository, "symbolic-ref", "--short", "HEAD").strip()
    git(repository, "checkout", "--quiet", "-b", "side")
    commit_head(LONGER, repository)
    git(repository, "checkout", "--quiet", main)
    (repository / "other.txt").write_text("so that there is something to merge")
    git(repository, "add", "other.txt")
    git(repository, "commit", "--quiet", "-m", "other")
    git(repository, "merge", "--quiet", "-s", "ours", "-m", "merge side", "side")
    git(repository, "branch", "--quiet", "-D", "side")
    return repository


def test_a_head_behind_a_merge_that_kept_another_counts(merged: Path) -> None:
    assert sorted(w.number for w in read_witnesses(merged)) == [3, 5]
    assert [w.number for w in not_held(START, read_witnesses(merged))] == [5]


def test_a_graft_hides_no_head(merged: Path) -> None:
    newest = git(merged, "rev-parse", "HEAD").strip()
    (merged / ".git" / "info").mkdir(exist_ok=True)
    (merged / ".git" / "info" / "grafts").write_text(f"{newest}\n")
    assert git(merged, "rev-list", "--all").split() == [newest]
    assert sorted(w.number for w in read_witnesses(merged)) == [3, 5]


def test_a_head_that_is_there_makes_no_second_commit(repository: Path) -> None:
    assert commit_head(START, repository)
    assert commit_head(START, repository) == ""
    assert len(git(repository, "log", "--format=%H").split()) == 1


def test_a_head_under_another_number_is_not_held(tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    kept.write_bytes(head_document(START).replace(b'"number":3', b'"number":2'))
    assert len(not_held(START, read_witnesses(kept))) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"schema":"x","number":1,"head":"a"}',
        head_document(START).replace(b":3", b":true"),
    ],
)
def test_what_is_no_witness_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "head.json").write_bytes(data)
    with pytest.raises(FileError, match="bad-witness"):
        read_witnesses(tmp_path / "head.json")


def test_where_there_is_no_repository_or_file_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    with pytest.raises(UsageError, match="git-failed"):
        commit_head(START, tmp_path / "directory")
    with pytest.raises(FileError, match="no-witness"):
        read_witnesses(tmp_path / "absent.json")


def test_a_repository_without_a_head_has_no_witness(repository: Path) -> None:
    assert read_witnesses(repository) == []


@pytest.mark.parametrize("kind", ["a large file", "a directory"])
def test_what_a_repository_commits_as_a_head_is_a_small_file(repository: Path, kind: str) -> None:
    if kind == "a directory":
        (repository / HEAD_FILE).mkdir()
        (repository / HEAD_FILE / "head").write_text("x")
    else:
        (repository / HEAD_FILE).write_bytes(head_document(START) + b" " * 100_000)
    git(repository, "add", HEAD_FILE)
    git(repository, "commit", "--quiet", "-m", "head")
    with pytest.raises(FileError, match="bad-witness"):
        read_witnesses(repository)


def signed_commit(repository: Path, document: bytes) -> None:
    """A commit of a head with a signature, as a repository can hold one that nobody made here."""
    (repository / HEAD_FILE).write_bytes(document)
    git(repository, "add", HEAD_FILE)
    who = "a <a@example.org> 1700000000 +0000"
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----"
    tree = git(repository, "write-tree").strip()
    (repository / "c").write_text(f"tree {tree}\nauthor {who}\ncommitter {who}\n{signature}\n\nhead\n")
    commit = git(repository, "hash-object", "-t", "commit", "-w", "c").strip()
    git(repository, "update-ref", "HEAD", commit)


def test_a_repository_of_somebody_else_runs_nothing_and_is_told_no_key(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\nenv > {ran}\ncat\n")
    program.chmod(0o755)
    monkeypatch.setenv("SHIPWORTHY_KEY_FILE", "release.key")
    signed_commit(repository, head_document(START))
    configured = {
        "log.showSignature": "true",
        "gpg.program": program,
        "core.fsmonitor": program,
        "core.pager": program,
        "pager.cat-file": program,
        "diff.external": program,
    }
    for name, value in configured.items():
        git(repository, "config", name, str(value))
    assert [w.number for w in read_witnesses(repository)] == [3]
    assert not ran.exists()
    subprocess.run(["git", "-C", str(repository), "log"], capture_output=True, check=True)
    assert "SHIPWORTHY_KEY_FILE=release.key" in ran.read_text()


def test_a_blob_that_is_not_there_is_not_fetched(repository: Path, tmp_path: Path) -> None:
    """A partial clone names the program that brings what it lacks."""
    ran, program = tmp_path / "ran", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\nexit 1\n")
    program.chmod(0o755)
    signed_commit(repository, head_document(START))
    blob = git(repository, "rev-parse", f"HEAD:{HEAD_FILE}").strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for name, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program}",
        "remote.origin.uploadpack": str(program),
        "protocol.ext.allow": "always",
    }.items():
        git(repository, "config", name, value)
    with pytest.raises(UsageError, match="git-failed"):
        read_witnesses(repository)
    assert not ran.exists()
    subprocess.run(["git", "-C", str(repository), "cat-file", "blob", blob], capture_output=True, check=False)
    assert ran.exists()


def test_a_hook_of_the_users_own_repository_runs_and_is_told_no_key(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, ran = repository / ".git" / "hooks" / "pre-commit", tmp_path / "ran"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nenv > {ran}\n")
    hook.chmod(0o755)
    monkeypatch.setenv("SHIPWORTHY_KEY_FILE", "release.key")
    assert commit_head(START, repository)
    assert "GIT_" in ran.read_text()
    assert "SHIPWORTHY" not in ran.read_text()
