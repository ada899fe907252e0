"""From a dispatch to a baseline, and from the baseline to a verdict on what is measured later."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipworthy.canonical import sha256_json
from shipworthy.contract import Outcome, Reason, load_catalogue
from shipworthy.evidence import json_bytes
from shipworthy.evidence.baseline import read_baseline
from shipworthy.gate.engine import Measurement, Unmeasured, take_measurement
from shipworthy.gate.trial import Trial, make_trial
from trial_workspace import Workspace, make_workspace

WEIGHTS = {"CROSS-ROOFLINE": 100, "CROSS-REGRESSION": 0}
FLOOR = "fraction_of_bandwidth: {minimum: 0.25}"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, fixture_llama: Path) -> Workspace:
    """The roofline of the small llama, whose weights are so few that the floor is another, DISCHARGED."""
    workspace = make_workspace(tmp_path_factory.mktemp("speed") / "w", WEIGHTS)
    path = workspace.contracts / "cross-roofline.yaml"
    lines = [
        line
        for line in path.read_text().splitlines(keepends=True)
        if "thread_sweep" not in line and "best_threads" not in line
    ]
    path.write_text("".join(lines).replace(FLOOR, FLOOR.replace("0.25", "0.001")))
    workspace.compile()
    workspace.falsify("CROSS-ROOFLINE")
    done = workspace.dispatch(fixture_llama)
    verdicts = {entry["id"]: entry["verdict"] for entry in done.bundle.predicate["criteria"]}
    assert verdicts == {"CROSS-ROOFLINE": "DISCHARGED", "CROSS-REGRESSION": "BLOCKED"}, done.stdout
    reasons = {entry["id"]: entry["reasons"] for entry in done.bundle.predicate["criteria"]}
    assert reasons["CROSS-REGRESSION"] == ["missing_artifact"]
    return workspace


@pytest.fixture(scope="module")
def baseline(measured: Workspace) -> Path:
    done = measured.shipworthy("baseline", "set", measured.bundle().path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("wrote baselines/fixture.json: 1 measurements of ")
    return measured.root / "baselines" / "fixture.json"


def regression(
    measured: Workspace, subject: Path, attached: Path, workdir: Path
) -> tuple[Trial, Measurement | Unmeasured]:
    trial = make_trial(
        subject,
        catalogue=load_catalogue(measured.contracts),
        release="fixture",
        artifacts={"baseline": attached},
        workdir=workdir,
    )
    contract = trial.catalogue.contracts["CROSS-REGRESSION"]
    (falsifier,) = contract.falsifiers
    # One run, and no more where it is open: what is looked at here is the comparison.
    parameters = {name: value for name, value in falsifier.parameters.items() if name != "extension"}
    once = replace(falsifier, parameters={**parameters, "runs": 1})
    return trial, take_measurement(trial, contract, once)


@pytest.mark.slow
def test_what_is_measured_later_is_held_against_the_baseline(
    measured: Workspace, baseline: Path, fixture_llama: Path, tmp_path: Path
) -> None:
    _, taken = regression(measured, fixture_llama, baseline, tmp_path)
    assert isinstance(taken, Measurement)
    found = taken.quantities
    assert (found["same_host"], found["same_parameters"], found["same_weights_read"]) == (True, True, True)
    (record,) = json.loads(baseline.read_text())["records"]
    before = record["quantities"]["median_tokens_per_second"]
    assert found["baseline_tokens_per_second"] == before
    assert found["ratio_to_baseline"]["low"] == pytest.approx(found["tokens_per_second"]["low"] / before)
    assert taken.document["raw"]["baseline"]["bundle"] == measured.bundle().path.name
    assert set(taken.document["artifacts"]) == {"baseline"}


def other(baseline: Path, place: Path, *, honest: bool, **change: Any) -> Path:
    """A baseline with a change in its body; an honest one has the digest of what it says."""
    document = json.loads(baseline.read_text())
    document.update(change)
    body = {name: value for name, value in document.items() if name != "sha256"}
    place.write_bytes(json_bytes({**body, "sha256": sha256_json(body) if honest else document["sha256"]}))
    return place


HOST = {"system": "Linux", "machine": "x86_64", "processor": "another", "cores": 64}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "honest", "outcome", "reason", "said"),
    [
        ({"host": HOST}, False, Outcome.ERROR, Reason.ERROR, "baseline-changed"),
        ({"host": HOST}, True, Outcome.UNMEASURABLE, Reason.MISSING_HARDWARE, "a machine with"),
        ({"records": []}, True, Outcome.UNMEASURABLE, Reason.MISSING_ARTIFACT, "baseline-without-it"),
    ],
)
def test_a_baseline_that_is_no_bar_gives_no_measurement(
    measured: Workspace,
    baseline: Path,
    fixture_llama: Path,
    tmp_path: Path,
    change: dict[str, Any],
    honest: bool,
    outcome: Outcome,
    reason: Reason,
    said: str,
) -> None:
    attached = other(baseline, tmp_path / "baseline.json", honest=honest, **change)
    _, taken = regression(measured, fixture_llama, attached, tmp_path)
    assert isinstance(taken, Unmeasured)
    assert (taken.outcome, taken.reason) == (outcome, reason)
    assert said in taken.detail


@pytest.mark.slow
def test_a_bundle_is_a_baseline_as_it_is(
    measured: Workspace, baseline: Path, fixture_llama: Path, tmp_path: Path
) -> None:
    """Its digest is that of its files; a file of it that was changed is an error."""
    copy = Path(shutil.copytree(measured.bundle().path, tmp_path / "bundle"))
    assert read_baseline(copy).records == read_baseline(baseline).records
    (copy / "statement.json").write_bytes((copy / "statement.json").read_bytes() + b" ")
    _, taken = regression(measured, fixture_llama, copy, tmp_path)
    assert isinstance(taken, Unmeasured)
    assert (taken.outcome, taken.reason) == (Outcome.ERROR, Reason.ERROR)
    assert "digest-differs" in taken.detail


@pytest.mark.slow
def test_a_baseline_is_not_written_over_and_a_changed_one_is_not_shown(
    measured: Workspace, baseline: Path, tmp_path: Path
) -> None:
    again = measured.shipworthy("baseline", "set", measured.bundle().path)
    assert again.returncode == 2
    assert "[baseline-exists]; name --replace" in again.stderr
    shown = measured.shipworthy("baseline", "show", baseline)
    assert shown.returncode == 0
    assert "FALSIFY-CROSS-ROOFLINE, decode_throughput@2" in shown.stdout
    changed = other(baseline, tmp_path / "changed.json", honest=False, host={})
    refused = measured.shipworthy("baseline", "show", changed)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "[baseline-changed]" in refused.stderr
