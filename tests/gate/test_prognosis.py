"""`doctor` says of every criterion whether it can be measured here, and never more than is true."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from shipworthy.contract import Catalogue, Outcome
from shipworthy.evidence import nvidia_device_present
from shipworthy.gate.doctor import examine
from shipworthy.gate.host import check_host
from trial_workspace import Workspace


def test_every_criterion_of_a_release_has_a_line(catalogue: Catalogue) -> None:
    found = {entry.criterion: entry for entry in examine(catalogue, "model-2")}
    assert list(found) == list(catalogue.releases["model-2"].weights)
    assert found["C-03"].measurable
    assert (found["AC-SHIP2-003"].measurable, found["AC-SHIP2-003"].reason) == (False, "not_run")
    assert found["AC-SHIP2-003"].detail == "it is a DRAFT, whose probe does not exist yet"
    assert (found["MODEL-2-ALL"].measurable, found["MODEL-2-ALL"].reason) == (False, "not_run")
    assert found["MODEL-2-ALL"].detail == "3 of its 12 criteria will have no verdict, first AC-SHIP2-003"


def test_without_the_device_it_says_so(catalogue: Catalogue) -> None:
    (entry,) = [e for e in examine(catalogue, "smollm2-demo") if e.criterion == "AC-SHIP2-010"]
    if not nvidia_device_present():
        assert (entry.reason, entry.detail) == (
            "missing_hardware",
            "One NVIDIA GeForce RTX 4090 is needed; this machine has no NVIDIA device",
        )
    assert entry.measurable == (entry.reason == "")


def test_a_host_without_a_device_is_every_machine(catalogue: Catalogue) -> None:
    host = replace(catalogue.hosts["rtx-4090"], device="cpu", expect={})
    assert check_host(host).outcome is Outcome.PASS


def test_a_host_that_expects_more_than_there_is_is_missing(catalogue: Catalogue) -> None:
    host = replace(catalogue.hosts["rtx-4090"], device="cpu", expect={"gpu_name": {"const": "x"}})
    assert check_host(host).outcome is Outcome.UNMEASURABLE


def test_a_proof_that_is_gone_is_foretold(quick: Workspace) -> None:
    (quick.contracts / "proofs" / "C-02.json").unlink()
    done = quick.shipworthy("doctor", "--release", "fixture", "--json")
    found = {entry["criterion"]: entry["reason"] for entry in json.loads(done.stdout)["criteria"]}
    assert found == {"C-01": "", "C-02": "vacuous_gate", "C-03": ""}


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_release_that_is_not_there_is_2(quick: Workspace, arguments: tuple[str, ...]) -> None:
    done = quick.shipworthy("doctor", "--release", "nothing", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no release 'nothing'" in done.stderr
