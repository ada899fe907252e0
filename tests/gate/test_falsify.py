"""Every planted defect turns its gate red on the quantity it names, good subjects are green, proofs hold."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from shipworthy.contract import Outcome, Planted, load_catalogue
from shipworthy.errors import UsageError
from shipworthy.gate.engine import Result
from shipworthy.gate.falsify import Kill, Report, falsify_contracts
from trial_workspace import REPOSITORY, Workspace

CONTRACTS = [
    contract.id
    for contract in load_catalogue(REPOSITORY / "contracts").contracts.values()
    if contract.compiles and not contract.compound
]


@pytest.fixture(scope="module")
def whole() -> Report:
    """The matrix of every contract, run once."""
    with chdir(REPOSITORY):
        return falsify_contracts(None, write=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTRACTS)
def test_every_defect_is_killed_and_the_committed_proof_is_reproduced(whole: Report, name: str) -> None:
    report = Report(tuple(kill for kill in whole.kills if kill.contract == name))
    found = report.to_json()
    missed = [kill for kill in report.kills if not kill.as_hoped]
    assert report.all_killed, "; ".join(
        f"{kill.falsifier} {kill.planted} on {kill.fixture}: {kill.result.outcome} {kill.result.detail}"
        for kill in missed
    )
    assert f"{name}.json" not in {path.name for path in whole.changed}
    assert found["killed"] == found["planted"] > 0
    assert found["false_alarms"] == []


def kill(
    *, planted: Planted | None, changed: bool = True, outcome: Outcome = Outcome.FAIL, red: str = "missing"
) -> Kill:
    checks = ({"quantity": red, "outcome": Outcome.FAIL},) if outcome is Outcome.FAIL else ()
    result = Result("F", "C", "0" * 64, "0" * 64, "0" * 64, outcome, None, "", {}, checks)
    return Kill("C", "F", "fixture-llama", planted, changed, result, 0.0)


DEFECT = Planted("metadata_key_missing", "apr", "missing", None, {"key": "hidden_size"})


def test_red_on_the_named_quantity_with_other_bytes_is_a_kill() -> None:
    assert kill(planted=DEFECT).as_hoped


def test_a_defect_that_changes_nothing_is_no_kill() -> None:
    assert not kill(planted=DEFECT, changed=False).as_hoped


def test_red_on_another_quantity_is_no_kill() -> None:
    assert not kill(planted=DEFECT, red="implausible").as_hoped


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.FAIL])
def test_an_outcome_that_is_not_fail_is_no_kill(outcome: Outcome) -> None:
    assert not kill(planted=DEFECT, outcome=outcome).as_hoped


@pytest.mark.parametrize("outcome", list(Outcome))
def test_the_good_fixture_must_pass(outcome: Outcome) -> None:
    assert kill(planted=None, outcome=outcome).as_hoped == (outcome is Outcome.PASS)


def test_an_empty_matrix_kills_nothing() -> None:
    assert not Report(()).all_killed


def test_a_no_op_leaves_the_contract_without_a_proof(quick: Workspace) -> None:
    """The label that is planted is the one that is there already."""
    path = quick.contracts / "c-01.yaml"
    text = path.read_text()
    assert text.count("with: {label: lama}") == 1
    path.write_text(text.replace("with: {label: lama}", "with: {label: llama}"))
    proof = quick.contracts / "proofs" / "C-01.json"
    with chdir(quick.root):
        checked = falsify_contracts(["C-01"], write=False)
        assert proof.exists()
        report = falsify_contracts(["C-01"], write=True)
    (bad,) = [k for k in report.kills if not k.as_hoped]
    assert bad.planted is not None
    assert (bad.changed, bad.result.outcome) == (False, Outcome.PASS)
    assert [p.name for p in report.changed] == [p.name for p in checked.changed] == ["C-01.json"]
    assert not proof.exists()


def test_a_gate_that_is_blind_to_a_defect_is_not_proven(quick: Workspace) -> None:
    path = quick.contracts / "c-02.yaml"
    path.write_text(path.read_text().replace("implausible: {maxItems: 0}", "implausible: {maxItems: 9}"))
    done = quick.shipworthy("falsify", "C-02", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["killed"], found["planted"]) == (2, 4)
    assert found["changed"] == ["C-02.json"]
    assert not (quick.contracts / "proofs" / "C-02.json").exists()


def test_a_proof_that_was_lost_is_written_again_byte_for_byte(quick: Workspace) -> None:
    proof = quick.contracts / "proofs" / "C-02.json"
    before = proof.read_bytes()
    proof.unlink()
    with chdir(quick.root):
        assert falsify_contracts(["C-02"], write=True).changed == (proof,)
        assert proof.read_bytes() == before
        assert falsify_contracts(["C-02"], write=True).changed == ()


@pytest.mark.parametrize("name", ["C-99", "c-03", ""])
def test_a_contract_that_is_not_there_is_refused(name: str, quick: Workspace) -> None:
    with chdir(quick.root), pytest.raises(UsageError, match="there is no active contract"):
        falsify_contracts([name], write=False)


def test_check_exits_1_where_a_proof_would_change(quick: Workspace) -> None:
    (quick.contracts / "proofs" / "C-02.json").unlink()
    done = quick.shipworthy("falsify", "C-02", "--check")
    assert done.returncode == 1
    assert "killed 4 of 4 planted defects (100 %); 0 false alarms on 9 good files" in done.stdout
    assert "proof changed: contracts/proofs/C-02.json" in done.stdout
    assert not (quick.contracts / "proofs" / "C-02.json").exists()


def test_times_are_not_part_of_a_record() -> None:
    one = kill(planted=DEFECT)
    assert replace(one, seconds=9.9).record() == one.record()


def test_the_matrix_names_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    from shipworthy.report.matrix import print_matrix

    odd = kill(planted=None, outcome=Outcome.ERROR)
    print_matrix(Report((replace(odd, result=replace(odd.result, detail="why [/tokenizer]")),)))
    assert "[/tokenizer]" in capsys.readouterr().out


def test_every_active_contract_has_its_proof_committed() -> None:
    proofs = {path.stem for path in (REPOSITORY / "contracts" / "proofs").glob("*.json")}
    assert proofs == set(CONTRACTS)
    assert Path(REPOSITORY / "gates").is_dir()


@pytest.mark.slow
def test_sigterm_leaves_no_worker_behind(quick: Workspace) -> None:
    """The verb is stopped while a worker measures; its children are looked for by their parent."""
    argv = [sys.executable, "-m", "shipworthy.cli", "falsify", "C-02", "--no-cache"]
    verb = subprocess.Popen(argv, cwd=quick.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    children: list[psutil.Process] = []
    while not children and time.monotonic() < deadline:
        time.sleep(0.1)
        children = psutil.Process(verb.pid).children(recursive=True)
    assert children
    verb.terminate()
    said, _ = verb.communicate(timeout=30)
    assert verb.returncode == 128 + signal.SIGTERM
    assert b"stopped by SIGTERM" in said
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
