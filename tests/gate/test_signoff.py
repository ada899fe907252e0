"""`shipworthy signoff` on a real dispatch: PASSED, and FAILED for each way to have had a better past."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from corpus_bundles import files_of

from shipworthy.contract import load_catalogue
from shipworthy.errors import FileError, UsageError
from shipworthy.evidence import json_bytes, write_bundle
from shipworthy.evidence.dsse import open_envelope, verify_signature
from shipworthy.evidence.keys import generate_key, read_public_key, read_signer
from shipworthy.evidence.ledger import LEDGER, head_document, read_ledger, read_lines, recover
from shipworthy.report.signoff import Asked, SignedOff, sign_off
from shipworthy.report.signoff.record import OURS
from trial_workspace import Dispatched, Workspace


@dataclass(frozen=True)
class Place:
    """A copy of the evidence, and what a sign-off of it is asked."""

    workspace: Workspace
    asked: Asked

    @property
    def evidence(self) -> Path:
        return self.asked.evidence

    def decide(self, **changes: Any) -> SignedOff:
        catalogue = load_catalogue(self.workspace.contracts)
        asked = replace(self.asked, now=datetime.now(UTC), **changes)
        out = asked.out
        number = len(list(out.glob("*.md"))) if out.exists() else 0
        now = asked.now.replace(microsecond=0, second=number % 60)
        return sign_off(catalogue, catalogue.releases["fixture"], replace(asked, now=now))


@pytest.fixture(scope="module")
def dispatched(
    quick_original: Workspace, fixture_llama: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, Dispatched]:
    workspace = quick_original.copy_to(tmp_path_factory.mktemp("signoff") / "w")
    text = workspace.root / "text.apr"
    text.write_text("no checkpoint")
    workspace.dispatch(text)
    return workspace, workspace.dispatch(fixture_llama)


@pytest.fixture
def place(dispatched: tuple[Workspace, Dispatched], tmp_path: Path) -> Place:
    workspace, done = dispatched
    shutil.copytree(workspace.evidence, tmp_path / "evidence")
    digest = done.bundle.predicate["subject"]["sha256"]
    asked = Asked(tmp_path / "evidence", tmp_path / "out", datetime.now(UTC), subject=digest)
    return Place(workspace, asked)


def test_a_green_dispatch_is_passed_and_both_files_say_so(place: Place) -> None:
    done = place.decide()
    assert (done.decision.passed, done.decision.ship_percent) == (True, 100)
    value = json.loads(done.summary.read_bytes())
    assert value["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert value["predicate"]["verificationResult"] == "PASSED"
    head = read_ledger(place.evidence).head
    assert value["predicate"][OURS]["ledger"] == {"number": 2, "head": head, "forks": [], "joins": []}
    assert value["subject"][0]["digest"]["sha256"] == place.asked.subject
    page = done.page.read_text()
    assert page.startswith("# The fixture: PASSED\n")
    assert "| C-03 | 60 | met | 1 | 1 |  |" in page
    assert str(place.evidence.parent) not in page + done.summary.read_text()


def test_with_a_key_the_summary_is_signed_and_another_key_is_refused(place: Place, tmp_path: Path) -> None:
    generate_key(tmp_path / "release.key")
    generate_key(tmp_path / "other.key")
    done = place.decide(signer=read_signer(tmp_path / "release.key"))
    envelope = open_envelope(done.summary.read_bytes(), done.summary)
    verify_signature(envelope, read_public_key(tmp_path / "release.key.pub"))
    assert envelope.statement["predicate"]["verificationResult"] == "PASSED"
    with pytest.raises(FileError, match="another-key"):
        place.decide(signer=read_signer(tmp_path / "other.key"))
    data = bytearray(done.summary.read_bytes())
    data[len(data) // 2] ^= 1
    done.summary.write_bytes(data)
    with pytest.raises(FileError):
        place.decide(signer=read_signer(tmp_path / "release.key"))


def _own(place: Place) -> Path:
    (path,) = (p for p in place.evidence.glob("2*") if p.name.split("-")[1] == place.asked.subject[:12])
    return path


def _remove_line(place: Place) -> None:
    lines = (place.evidence / LEDGER).read_bytes().splitlines(keepends=True)
    (place.evidence / LEDGER).write_bytes(lines[0])


def _alter(place: Place) -> None:
    path = _own(place) / "measurements" / "FALSIFY-C-03.json"
    path.write_bytes(path.read_bytes() + b" ")


def _copy_under_another_name(place: Place) -> None:
    shutil.copytree(_own(place), place.evidence / f"29990101T000000Z-{place.asked.subject[:12]}")


def _copy_and_recover(place: Place) -> None:
    own = _own(place)
    shutil.copytree(own, own.with_name(f"{own.name}-2"))
    recover(place.evidence)


def _without_a_name(place: Place) -> str:
    """Another dispatch than the recorded one, stopped between its last byte and its name."""
    path, files = _own(place), files_of(_own(place))
    statement = json.loads(files["statement.json"])
    statement["predicate"]["finished"] = "2026-11-23T00:00:00+00:00"
    name = f".{path.name}-2.0a1b2c3d.partial"
    write_bundle(place.evidence, name, {**files, "statement.json": json_bytes(statement)})
    return name


PASTS: dict[str, tuple[Callable[[Place], object], str]] = {
    "a bundle deleted": (lambda p: shutil.rmtree(_own(p)), "bundle-gone"),
    "its line removed": (_remove_line, "is in no line of the ledger"),
    "a byte altered": (_alter, "a bundle cannot be read"),
    "a copy under another name": (_copy_under_another_name, "bundle-copied"),
    "a copy numbered -2, then recovered": (_copy_and_recover, "bundle-copied"),
    "a torn line": (
        lambda p: (p.evidence / LEDGER).write_bytes((p.evidence / LEDGER).read_bytes()[:-30]),
        "torn-line",
    ),
}


@pytest.mark.parametrize("name", PASTS)
def test_a_better_past_is_failed(place: Place, name: str) -> None:
    change, said = PASTS[name]
    change(place)
    decision = place.decide().decision
    assert not decision.passed
    assert any(said in obstacle for obstacle in decision.obstacles), decision.obstacles


def test_a_whole_bundle_that_never_got_its_name_is_in_the_way(place: Place) -> None:
    """A red dispatch that was killed after its last byte would not be asked otherwise."""
    _without_a_name(place)
    done = place.decide()
    assert not done.decision.passed
    assert any("bundle-not-named" in obstacle for obstacle in done.decision.obstacles)
    recover(place.evidence)
    assert not any("bundle-not-named" in obstacle for obstacle in place.decide().decision.obstacles)


def test_a_dispatch_that_left_no_bundle_is_on_the_page_and_in_the_summary(place: Place) -> None:
    name = _without_a_name(place)
    (place.evidence / name / "manifest.json").unlink()
    done = place.decide()
    assert (done.decision.passed, done.unfinished) == (True, (name,))
    assert f"- {name}: may be all there is of a red one" in done.page.read_text()
    assert json.loads(done.summary.read_bytes())["predicate"][OURS]["unfinished"] == [name]
    shown = place.workspace.shipworthy(
        "signoff", "fixture", "--evidence", place.evidence, "--subject", place.asked.subject,
        "--out", place.asked.out / "verb",
    )  # fmt: skip
    assert f"{name} is a dispatch that was stopped" in shown.stdout


def test_without_a_ledger_nothing_is_signed_off(place: Place) -> None:
    (place.evidence / LEDGER).unlink()
    with pytest.raises(FileError, match="no-ledger"):
        place.decide()
    assert not place.asked.out.exists()


def test_the_ledger_goes_on_from_the_last_sign_off_and_from_every_witness(
    place: Place, tmp_path: Path
) -> None:
    assert place.decide().decision.passed
    (tmp_path / "head.json").write_bytes(head_document(read_ledger(place.evidence)))
    rebuilt = place.evidence / LEDGER
    whole = rebuilt.read_bytes()
    rebuilt.unlink()
    assert len(recover(place.evidence)) == 2
    assert rebuilt.read_bytes() != whole
    decision = place.decide().decision
    assert not decision.passed
    assert any("the ledger does not go on from line 2" in obstacle for obstacle in decision.obstacles)
    elsewhere = place.decide(out=tmp_path / "elsewhere", witnesses=[tmp_path / "head.json"]).decision
    assert any("head.json" in obstacle for obstacle in elsewhere.obstacles)


def test_who_was_named_as_a_witness_and_saw_nothing_is_none(place: Place, tmp_path: Path) -> None:
    empty = tmp_path / "git"
    subprocess.run(["git", "init", "--quiet", str(empty)], check=True)
    (tmp_path / "start.json").write_bytes(head_document(read_lines(b"", tmp_path)))
    for witness in (empty, tmp_path / "start.json"):
        with pytest.raises(FileError, match="no-witness"):
            place.decide(witnesses=[witness])
    assert not place.asked.out.exists()


def test_the_heads_that_held_are_on_the_page_and_in_the_summary(place: Place, tmp_path: Path) -> None:
    done = place.decide()
    assert "- Witnesses: none was named" in done.page.read_text()
    ledger = read_ledger(place.evidence)
    (tmp_path / "head.json").write_bytes(head_document(ledger))
    done = place.decide(witnesses=[tmp_path / "head.json"])
    said = f"- Witnesses: 1 of 1 heads are in the ledger; the latest is line 2, {ledger.head[:12]} ("
    assert said in done.page.read_text()
    (seen,) = json.loads(done.summary.read_bytes())["predicate"][OURS]["witnesses"]
    assert seen == {"number": 2, "head": ledger.head, "held": True, "place": "head.json"}
    assert str(tmp_path) not in done.page.read_text() + done.summary.read_text()


BAD_HEADS = {"head": '{"number": 1, "head": []}', "number": '{"number": "1", "head": "a"}', "none": "null"}


@pytest.mark.parametrize("kind", [*BAD_HEADS, "a directory", "no JSON", "a pipe", "a hole"])
def test_an_earlier_sign_off_that_is_none_is_refused_by_name(place: Place, kind: str) -> None:
    place.asked.out.mkdir()
    path = place.asked.out / "x.vsa.json"
    if kind == "a directory":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a hole":
        with path.open("wb") as stream:
            stream.truncate(300 << 30)
    else:
        path.write_text(f'{{"predicate": {{"{OURS}": {{"ledger": {BAD_HEADS.get(kind, "{")}}}}}}}')
    with pytest.raises(FileError, match="bad-signoff"):
        place.decide()


def test_the_key_may_be_named_by_the_environment(place: Place, tmp_path: Path) -> None:
    generate_key(tmp_path / "release.key")
    done = place.workspace.shipworthy(
        "signoff", "fixture", "--evidence", place.evidence, "--subject", place.asked.subject,
        "--out", tmp_path / "signed", environment={"SHIPWORTHY_KEY_FILE": str(tmp_path / "release.key")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (summary,) = (tmp_path / "signed").rglob("*.vsa.dsse.json")
    envelope = open_envelope(summary.read_bytes(), summary)
    verify_signature(envelope, read_public_key(tmp_path / "release.key.pub"))


def test_an_unsigned_bundle_is_refused_where_a_key_is_asked_for(place: Place, tmp_path: Path) -> None:
    generate_key(tmp_path / "release.key")
    decision = place.decide(bundles=read_public_key(tmp_path / "release.key.pub")).decision
    assert not decision.passed
    assert any("[not-signed]" in obstacle for obstacle in decision.obstacles)


def test_of_several_subjects_one_is_named(place: Place) -> None:
    with pytest.raises(UsageError, match="subject-not-clear"):
        place.decide(subject="")
    with pytest.raises(UsageError, match="subject-not-clear"):
        place.decide(subject="0" * 64)


def test_a_waived_criterion_stands_apart(place: Place, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "waivers:\n  - {id: W-1, criterion: C-03, blocked_by: [not_run], reason: a test, owner: me, "
        "expires: '2999-01-01'}\n"
    )
    done = place.decide(policy=policy)
    assert (done.decision.passed, done.decision.ship_percent) == (True, 40)
    assert "## Waived, and not counted\n\n- C-03 (60): W-1, for not_run" in done.page.read_text()
    waived = json.loads(done.summary.read_bytes())["predicate"][OURS]["waived"]
    assert [entry["id"] for entry in waived] == ["C-03"]


def test_the_verb_decides_by_its_exit_code(place: Place, tmp_path: Path) -> None:
    where = ["--evidence", place.evidence, "--out", tmp_path / "signed"]
    policy = tmp_path / "policy.yaml"
    policy.write_text("freshness_days: 30\n")
    text = (Path(__file__).parents[2] / "docs" / "releases.md").read_text()
    keygen, line = (line for line in text.splitlines() if line.startswith(("shipworthy k", "shipworthy s")))
    files = {
        "release.key": str(tmp_path / "release.key"),
        "policy.yaml": str(policy),
        "smollm2-demo": "fixture",
    }
    words = [[files.get(word, word) for word in shown.split()[1:]] for shown in (keygen, line)]
    assert place.workspace.shipworthy(*words[0]).returncode == 0
    done = place.workspace.shipworthy(*words[1], *where, "--subject", place.asked.subject)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "PASSED: 100 of 100 met, 0 criteria waived and not counted",
    )
    policy.write_text("waivers: [{id: W-1}]\n")
    done = place.workspace.shipworthy("signoff", "fixture", *where, "--policy", policy)
    assert (done.returncode, "[bad-policy]" in done.stderr) == (2, True)
    (place.evidence / LEDGER).write_bytes(b"{}\n")
    done = place.workspace.shipworthy("signoff", "fixture", *where)
    assert (done.returncode, "[ledger-bad-line]" in done.stderr) == (4, True)
