"""`verify` and `compare`: what they print, and their exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus_bundles import CORPUS, EARLY, REFERENCE, bound_anew, corpus_bundle, edited, files_of
from typer.testing import CliRunner, Result

from shipworthy.cli import app
from shipworthy.errors import FileError, ShipworthyError
from shipworthy.evidence import write_bundle
from shipworthy.evidence.ledger import recover
from trial_workspace import Workspace, make_workspace

KEY = CORPUS / "0.1.0" / "corpus.key.pub"
UNSIGNED, SIGNED = corpus_bundle("0.1.0/unsigned"), corpus_bundle("0.1.0/signed")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_red_bundle_that_is_honest_is_0() -> None:
    done = run("verify", UNSIGNED, "--historical")
    assert done.exit_code == 0
    assert "follows from its samples; unsigned" in done.stdout
    assert "AC-SHIP2-010 BLOCKED: missing_hardware" in done.stdout


def test_what_is_stale_is_1_and_said_to_be_that() -> None:
    done = run("verify", EARLY)
    assert done.exit_code == 1
    assert "follows from its samples, by contracts that are not the installed ones" in done.stdout
    assert "[stale-contract]" in done.stdout
    assert run("verify", EARLY, "--historical").exit_code == 0


def test_the_reference_bundle_is_of_the_installed_contracts() -> None:
    assert run("verify", REFERENCE).exit_code == 0


def test_a_signature_is_checked_where_a_key_is_named() -> None:
    assert "signature not checked" in run("verify", SIGNED, "--historical").stdout
    done = run("verify", SIGNED, "--historical", "--key", KEY)
    assert (done.exit_code, "signed by 068b3d9d7065" in done.stdout) == (0, True)
    failed = run("verify", UNSIGNED, "--historical", "--key", KEY)
    assert isinstance(failed.exception, ShipworthyError)
    assert (failed.exception.code, failed.exception.exit_code) == ("not-signed", 4)


def test_another_subject_is_1(fixture_llama: Path, fixture_gguf: Path) -> None:
    assert run("verify", UNSIGNED, "--historical", "--subject", fixture_llama).exit_code == 0
    other = run("verify", UNSIGNED, "--historical", "--subject", fixture_gguf)
    assert other.exit_code == 1
    assert "[foreign-subject]" in other.stdout


def test_a_changed_byte_is_4(tmp_path: Path) -> None:
    path = Path(shutil.copytree(UNSIGNED, tmp_path / UNSIGNED.name))
    with (path / "environment.json").open("ab") as stream:
        stream.write(b" ")
    failed = run("verify", path)
    assert isinstance(failed.exception, ShipworthyError)
    assert (failed.exception.code, failed.exception.exit_code) == ("digest-differs", 4)
    done = run("verify", tmp_path, "--historical")
    assert done.exit_code == 4
    assert "0 bundles read, 1 refused" in done.stdout


def test_nothing_is_not_a_success(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        failed = run("verify", place)
        assert isinstance(failed.exception, ShipworthyError)
        assert failed.exception.exit_code == 4


def test_a_directory_is_held_against_its_ledger(tmp_path: Path) -> None:
    root = tmp_path / "evidence"
    paths = [Path(shutil.copytree(path, root / path.name)) for path in (UNSIGNED, SIGNED)]
    assert len(recover(root)) == 2
    done = run("verify", root, "--historical", "--json")
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert [entry["bundle"] for entry in document["bundles"]] == [path.name for path in paths]
    assert len(document["ledger_head"]) == 64
    assert {entry["status"] for entry in document["statuses"]} == {"DISCHARGED", "PARTIAL_ALGORITHM_LEVEL"}
    shutil.rmtree(paths[0])
    gone = run("verify", root, "--historical")
    assert gone.exit_code == 1
    assert "[bundle-gone]" in gone.stdout


def test_an_old_bundle_under_a_newer_name_is_named(tmp_path: Path) -> None:
    """The newest decides a status: an old green one must not come after a red one by its name."""
    later = UNSIGNED.name.replace("2026", "2036", 1)
    shutil.copytree(UNSIGNED, tmp_path / later)
    done = run("verify", tmp_path, "--historical")
    assert (done.exit_code, "[misnamed]" in done.stdout) == (1, True)


def test_a_bundle_that_is_only_called_partial_is_looked_at(tmp_path: Path) -> None:
    shutil.copytree(UNSIGNED, tmp_path / UNSIGNED.name)
    shutil.copytree(SIGNED, tmp_path / f"{SIGNED.name}.partial")
    done = run("verify", tmp_path, "--historical")
    assert (done.exit_code, "[misnamed]" in done.stdout) == (1, True)
    unfinished = (tmp_path / f"{SIGNED.name}.partial").rename(tmp_path / f".{SIGNED.name}.0123abcd.partial")
    done = run("verify", tmp_path, "--historical")
    assert (
        done.exit_code,
        f"{unfinished.name}: never got its name, and was not looked at" in done.stdout,
    ) == (
        0,
        True,
    )
    assert "no ledger, so nothing shows that none is missing" in done.stdout


def test_a_refusal_cannot_be_replayed() -> None:
    refused = next((UNSIGNED.parents[1] / "refused").glob("2*"))
    failed = run("verify", refused, "--replay", "--subject", refused)
    assert isinstance(failed.exception, ShipworthyError)
    assert (failed.exception.code, failed.exception.exit_code) == ("replay-of-what", 2)
    failed = run("verify", UNSIGNED, "--artifact", "gguf=x")
    assert isinstance(failed.exception, ShipworthyError)
    assert failed.exception.exit_code == 2


def test_replay_needs_a_bundle_and_a_subject() -> None:
    for arguments in ((UNSIGNED,), (UNSIGNED.parent, "--subject", UNSIGNED)):
        failed = run("verify", *arguments, "--replay")
        assert isinstance(failed.exception, ShipworthyError)
        assert (failed.exception.code, failed.exception.exit_code) == ("replay-of-what", 2)


@pytest.mark.slow
def test_replay_runs_the_gates_again(tmp_path: Path, fixture_llama: Path) -> None:
    workspace = make_workspace(tmp_path / "w", {"C-02": 100})
    bundle = workspace.dispatch(fixture_llama).bundle.path
    done = replayed(workspace, bundle, fixture_llama)
    assert done == (0, "")
    contract = workspace.contracts / "c-02.yaml"
    contract.write_text(contract.read_text().replace("fields: {const: 1}", "fields: {const: 2}"))
    workspace.compile()
    code, said = replayed(workspace, bundle, fixture_llama)
    assert code == 1
    assert "C-02: came to DISCHARGED, and comes to BLOCKED, falsified, vacuous_gate here" in said


def replayed(workspace: Workspace, bundle: Path, subject: Path) -> tuple[int, str]:
    done = workspace.shipworthy("verify", bundle, "--replay", "--subject", subject, "--historical")
    return done.returncode, "".join(line for line in done.stdout.splitlines() if "replay-differs" in line)


def test_compare_says_what_changed() -> None:
    same = run("compare", UNSIGNED, SIGNED)
    assert (same.exit_code, same.stdout) == (0, "0 of 4 verdicts changed\n")
    other = run("compare", UNSIGNED, corpus_bundle("0.1.0/unregistered"))
    assert other.exit_code == 1
    assert "C-03: DISCHARGED -> BLOCKED by unregistered" in other.stdout
    refused = run("compare", corpus_bundle("0.1.0/refused"), UNSIGNED, "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["criteria"][0]["before"] is None


def turned_green(statement: dict[str, Any]) -> None:
    for criterion in statement["predicate"]["criteria"]:
        criterion.update(verdict="DISCHARGED", reasons=[])


def too_long(measurement: dict[str, Any]) -> None:
    """A shape whose product Python writes no number for."""
    measurement["raw"]["shapes"] = {"a": [10**4000, 10**4000]}


def too_deep(measurement: dict[str, Any]) -> None:
    value: list[Any] = []
    for _ in range(900):
        value = [value]
    measurement["raw"]["metadata"]["hidden_size"] = value


def forged(root: Path, name: str, file: str, edit: Callable[[dict[str, Any]], None]) -> Path:
    return write_bundle(root, name, bound_anew(edited(files_of(UNSIGNED), file, edit)))


def test_what_does_not_follow_is_not_shown(tmp_path: Path) -> None:
    path = forged(tmp_path, UNSIGNED.name, "statement.json", turned_green)
    for options in ((), ("--json",), ("--markdown",)):
        done = run("show", path, *options)
        assert isinstance(done.exception, FileError)
        assert (done.exception.code, done.stdout) == ("does-not-follow", "")
    assert run("show", UNSIGNED, "--json").exit_code == 0


def test_what_does_not_follow_counts_nothing(tmp_path: Path) -> None:
    shutil.copytree(UNSIGNED, tmp_path / UNSIGNED.name)
    forged(tmp_path, UNSIGNED.name.replace("2026", "2025", 1), "statement.json", turned_green)
    done = run("show", tmp_path / UNSIGNED.name, "--json")
    assert done.exit_code == 0
    assert done.stderr.startswith("not counted: ")
    assert "verdict-differs" in done.stderr


@pytest.mark.parametrize("edit", [too_long, too_deep])
def test_a_bundle_that_cannot_be_computed_with_hides_no_other(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None]
) -> None:
    shutil.copytree(SIGNED, tmp_path / SIGNED.name)
    forged(tmp_path, UNSIGNED.name, "measurements/FALSIFY-C-01.json", edit)
    done = run("verify", tmp_path, "--historical")
    assert done.exit_code in (1, 4)
    assert SIGNED.name in done.stdout
    assert "2 bundles read, 0 refused" in done.stdout or "1 bundles read, 1 refused" in done.stdout
