"""What a gate left speaks of one subject, criterion, registration and data file, or of nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shipworthy.atomic import write_bytes
from shipworthy.canonical import sha256_file
from shipworthy.contract import Catalogue, Reason, load_catalogue
from shipworthy.evidence import json_bytes
from shipworthy.gate.assemble import Session, verdicts_so_far
from shipworthy.gate.engine import Measurement, judge_measurement, take_measurement
from shipworthy.gate.planted.architecture import wrong_architecture_label
from shipworthy.gate.planted.metadata import metadata_key_missing
from shipworthy.gate.trial import Trial, make_trial
from shipworthy.gate.worker import answer
from trial_workspace import Workspace, reasons

OTHER = "0" * 64


@pytest.fixture
def trial(quick: Workspace, fixture_llama: Path, tmp_path: Path) -> Trial:
    return make_trial(
        fixture_llama,
        catalogue=load_catalogue(quick.contracts),
        release="fixture",
        artifacts={},
        workdir=tmp_path / "work",
    )


def reasons_of_c01(trial: Trial, outcome: dict[str, Any], measurement: dict[str, Any]) -> tuple[Reason, ...]:
    """The reasons that block C-01 where its gate left a PASS with these changes."""
    contract = trial.catalogue.contracts["C-01"]
    (falsifier,) = contract.falsifiers
    measured = take_measurement(trial, contract, falsifier)
    assert isinstance(measured, Measurement)
    result = judge_measurement(trial, contract, falsifier, measured).to_json()
    assert result["outcome"] == "PASS"
    write_bytes(trial.workdir / "outcomes" / falsifier.id / "one.json", json_bytes({**result, **outcome}))
    document = json_bytes({**measured.document, **measurement})
    write_bytes(trial.workdir / "measurements" / f"{falsifier.id}.json", document)
    return verdicts_so_far(Session(trial, datetime.now(UTC), (), {}, {}))["C-01"].reasons


@pytest.mark.parametrize(
    ("outcome", "measurement", "expected"),
    [
        ({}, {}, ()),
        ({"subject": OTHER}, {}, (Reason.SUBJECT_CHANGED,)),
        ({"criterion": OTHER}, {}, (Reason.STALE_CONTRACT,)),
        ({"registration": OTHER}, {}, (Reason.STALE_CONTRACT,)),
        ({}, {"subject": {"name": "x", "sha256": OTHER}}, (Reason.SUBJECT_CHANGED,)),
        ({}, {"criterion": OTHER}, (Reason.STALE_CONTRACT,)),
        ({}, {"registration": OTHER}, (Reason.STALE_CONTRACT,)),
    ],
)
def test_a_pass_that_speaks_of_something_else_blocks(
    trial: Trial, outcome: dict[str, Any], measurement: dict[str, Any], expected: tuple[Reason, ...]
) -> None:
    assert reasons_of_c01(trial, outcome, measurement) == expected


@pytest.mark.parametrize("change", ["other bytes", "gone"])
def test_data_that_is_not_what_the_criterion_names_is_an_error(
    catalogue: Catalogue, fixture_llama: Path, tmp_path: Path, change: str
) -> None:
    data = tmp_path / "texts.jsonl"
    data.write_bytes(catalogue.data["canary-100"].path.read_bytes())
    request = {
        "probe": "self_contained@1",
        "subject": str(fixture_llama),
        "artifacts": {},
        "with": {"texts": {"path": str(data), "sha256": sha256_file(data)}},
        "log": str(tmp_path / "log"),
    }
    assert "raw" in answer(request)
    if change == "gone":
        data.unlink()
    else:
        data.write_text('{"id": "e0", "kind": "code", "text": "the the the"}\n')
    assert "[data-changed]" in answer(request)["error"]


def test_a_file_that_fails_its_checksum_is_refused_before_any_gate(
    quick: Workspace, fixture_llama: Path
) -> None:
    damaged = bytearray(fixture_llama.read_bytes())
    damaged[-200] ^= 1
    (quick.root / "flipped.apr").write_bytes(damaged)
    done = quick.dispatch("flipped.apr")
    assert done.code == 4
    assert len(done.stderr.splitlines()) == 1
    assert done.bundle.refused


@pytest.mark.parametrize(("label", "named"), [(None, "None"), ("lama", "lama")])
def test_a_label_that_is_absent_or_unknown_is_falsified_and_not_out_of_scope(
    quick: Workspace, fixture_llama: Path, label: str | None, named: str
) -> None:
    path = quick.root / "label.apr"
    if label is None:
        metadata_key_missing(fixture_llama, path, key="architecture")
    else:
        wrong_architecture_label(fixture_llama, path, label=label)
    done = quick.dispatch("label.apr")
    assert done.code == 1
    assert Reason.FALSIFIED in reasons(done.bundle)["C-01"]
    assert f"C-01: APR model: architecture is {named}" in done.stdout


@pytest.mark.parametrize("reason", ["vacuous_gate", "error", "subject_changed", "tampered", "falsified"])
def test_only_what_is_not_there_can_be_allowed(quick: Workspace, fixture_llama: Path, reason: str) -> None:
    done = quick.dispatch(fixture_llama, "--allow-blocked", f"C-01={reason}")
    assert (done.code, done.bundles) == (2, [])
    assert "only what is not there can be allowed" in done.stderr


def test_pytest_says_the_verdicts_which_green_tests_are_not(quick: Workspace, fixture_llama: Path) -> None:
    for proof in (quick.contracts / "proofs").glob("*.json"):
        proof.unlink()
    done = quick.pytest("--subject", fixture_llama)
    assert "3 passed" in done.stdout
    assert "C-01: BLOCKED by vacuous_gate" in done.stdout
