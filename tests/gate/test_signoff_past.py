"""A green dispatch, then a red one of the same subject under another release: nothing makes it green again.

Each test is what a review of sign-off did to a directory of evidence to hear PASSED.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_file
from shipworthy.contract import load_catalogue
from shipworthy.errors import FileError
from shipworthy.evidence.bundle import write_bundle
from shipworthy.evidence.ledger import (
    GENESIS,
    LEDGER,
    Entry,
    Ledger,
    line_digest,
    merge,
    read_ledger,
    read_lines,
    recover,
)
from shipworthy.evidence.signing import bound_files
from shipworthy.evidence.verify import verify_bundle, verify_directory
from shipworthy.report.signoff import Asked, SignedOff, sign_off
from trial_workspace import Workspace

RED = {"C-02": ("error", "stale_contract")}


@dataclass(frozen=True)
class Past:
    """A copy of the evidence: the green bundle, and the red one after it."""

    workspace: Workspace
    root: Path
    green: Path
    red: Path

    def decide(self, root: Path | None = None) -> SignedOff:
        catalogue = load_catalogue(self.workspace.contracts)
        subject = verify_bundle(self.workspace.evidence / self.green.name).subject_sha256
        out = self.root.parent / "out"
        now = datetime.now(UTC).replace(second=len(list(out.glob("*.md"))), microsecond=0)
        return sign_off(catalogue, catalogue.releases["fixture"], Asked(root or self.root, out, now, subject))

    def write_ledger(self, ledger: Ledger) -> None:
        (self.root / LEDGER).write_bytes(ledger.data())


@pytest.fixture(scope="module")
def dispatched(
    quick_original: Workspace, fixture_llama: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, str, str]:
    workspace = quick_original.copy_to(tmp_path_factory.mktemp("past") / "w")
    release = (workspace.contracts / "releases" / "fixture.yaml").read_text()
    scratch = workspace.contracts / "releases" / "scratch.yaml"
    scratch.write_text(release.replace("id: fixture", "id: scratch", 1))
    green = workspace.dispatch(fixture_llama)
    gate = next(workspace.gates.glob("test_c_02.py"))
    text = gate.read_text()
    gate.write_text(text + "# changed\n")
    red = workspace.dispatch(fixture_llama, "--release", "scratch")
    gate.write_text(text)
    assert (green.code, red.code) == (0, 1)
    return workspace, green.bundle.path.name, red.bundle.path.name


@pytest.fixture
def past(dispatched: tuple[Workspace, str, str], tmp_path: Path) -> Past:
    workspace, green, red = dispatched
    root = tmp_path / "evidence"
    shutil.copytree(workspace.evidence, root)
    return Past(workspace, root, root / green, root / red)


def red(done: SignedOff) -> dict[str, tuple[str, ...]]:
    assert not done.decision.passed
    return {c.id: c.blocked_by for c in done.decision.criteria if c.blocked_by}


def with_line(ledger: Ledger, **changes: object) -> Ledger:
    """The ledger with its first line again, changed."""
    entry = replace(
        ledger.entries[0],
        number=ledger.number + 1,
        previous=(ledger.head,),
        **changes,  # type: ignore[arg-type]
    )
    return read_lines(ledger.data() + entry.line() + b"\n", Path(LEDGER))


def test_a_red_dispatch_of_another_release_is_shown_and_counts(past: Past) -> None:
    done = past.decide()
    assert red(done) == RED
    assert [c.attempts for c in done.decision.criteria] == [2, 2, 2]
    rows = [line for line in done.page.read_text().splitlines() if line.startswith("| 2")]
    assert [row.split(" | ")[:2] for row in rows] == [
        [f"| {past.green.name}", "fixture"],
        [f"| {past.red.name}", "scratch"],
    ]


def test_a_copy_of_the_green_one_is_named_gets_no_line_and_is_no_later_word(past: Past) -> None:
    shutil.copytree(past.green, copy := past.root / f"{past.green.name}-2")
    assert recover(past.root) == ()
    done = past.decide()
    assert red(done) == RED
    assert any("[bundle-copied]" in obstacle for obstacle in done.decision.obstacles)
    forged = with_line(read_ledger(past.root), bundle=copy.name)
    past.write_ledger(forged)
    assert [f.code for f in verify_directory(past.root).findings] == ["bundle-copied"]
    again = past.decide()
    assert red(again) == RED
    assert any("[bundle-copied]" in obstacle for obstacle in again.decision.obstacles)


def test_a_red_dispatch_that_was_stopped_before_its_name_is_no_pass(past: Past) -> None:
    """All of it is there under a name that is none, and the ledger has no line for it."""
    name = f".{past.red.name}.0a1b2c3d.partial"
    past.red.rename(past.root / name)
    entries = (past.root / LEDGER).read_bytes().splitlines(keepends=True)
    (past.root / LEDGER).write_bytes(entries[0])
    done = past.decide()
    assert not done.decision.passed
    assert [
        "[bundle-not-named]" in obstacle and name in obstacle for obstacle in done.decision.obstacles
    ] == [True]


def test_a_copy_with_another_manifest_is_the_same_dispatch(past: Past) -> None:
    shutil.copytree(past.green, copy := past.root / f"{past.green.name}-2")
    manifest = copy / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    verify_bundle(copy)
    assert recover(past.root) == ()
    assert any("[bundle-copied]" in obstacle for obstacle in past.decide().decision.obstacles)


def _swapped(past: Past) -> str:
    """The red bundle replaced by a green one of its name and start; returns its manifest's digest."""
    files = {
        path.relative_to(past.green).as_posix(): path.read_bytes()
        for path in past.green.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", "statement.json")
    }
    bundle = verify_bundle(past.green).bundle
    started = verify_bundle(past.red).bundle.predicate["started"]
    statement = {
        **bundle.statement,
        "predicate": {**bundle.predicate, "started": started, "finished": started},
    }
    shutil.rmtree(past.red)
    write_bundle(past.root, past.red.name, bound_files(statement, files))
    assert verify_bundle(past.red).findings == ()
    return sha256_file(past.red / "manifest.json")


def _gone(past: Past) -> str:
    shutil.rmtree(past.red)
    return "d" * 64


@pytest.mark.parametrize(
    ("change", "subject", "code"), [(_swapped, None, "bundle-altered"), (_gone, "c" * 64, "bundle-gone")]
)
def test_no_second_line_makes_an_altered_or_deleted_bundle_whole(
    past: Past, change: Callable[[Past], str], subject: str | None, code: str
) -> None:
    """Neither appended, nor in a branch that is joined."""
    ledger = read_ledger(past.root)
    about = {} if subject is None else {"subject_sha256": subject}
    line = {"bundle": past.red.name, "manifest_sha256": change(past), **about}
    with pytest.raises(FileError, match="ledger-duplicate"):
        with_line(ledger, **line)
    first = replace(ledger.entries[1], number=1, previous=(GENESIS,), **line)  # type: ignore[arg-type]
    branch = Ledger({line_digest(first.line()): first}, line_digest(first.line()))
    past.write_ledger(merge(ledger, branch))
    done = past.decide()
    assert not done.decision.passed
    assert any(f"[{code}]" in obstacle for obstacle in done.decision.obstacles), done.decision.obstacles


def test_two_machines_that_are_joined_count_both_and_the_page_says_so(past: Past) -> None:
    """Red in line 1 of one, green in line 2 of the other: no number makes the green one later."""

    def alone(*entries: Entry) -> Ledger:
        ledger = Ledger({}, GENESIS)
        for entry in entries:
            line = replace(entry, number=ledger.number + 1, previous=(ledger.head,))
            digest = line_digest(line.line())
            ledger = Ledger({**ledger.lines, digest: line}, digest)
        return ledger

    green, one = read_ledger(past.root).entries
    other = replace(green, bundle="another", subject_sha256="e" * 64)
    past.write_ledger(merge(alone(one), alone(other, green)))
    done = past.decide()
    assert red(done) == RED
    assert "- Forks: the ledger forks after the beginning, joined at line 3; both sides count" in (
        done.page.read_text()
    )
    assert '"forks":["' + GENESIS in done.summary.read_text()


@pytest.mark.parametrize("environment", [None, b"no JSON", b"[]", b'{"system": null}'])
def test_a_bundle_that_does_not_say_where_it_ran_is_no_crash_and_no_pass(
    past: Past, environment: bytes | None
) -> None:
    files = {
        path.relative_to(past.green).as_posix(): path.read_bytes()
        for path in past.green.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", "statement.json", "environment.json")
    }
    if environment is not None:
        files["environment.json"] = environment
    name = past.green.name
    shutil.rmtree(past.root)
    write_bundle(
        past.root, name, bound_files(verify_bundle(past.workspace.evidence / name).bundle.statement, files)
    )
    recover(past.root)
    assert not past.decide().decision.passed
