"""The whole way on a small real model: train, checkpoint, bench, export, llama.cpp, gates, bundle, table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_file
from shipworthy.checkpoint import open_checkpoint
from trial_workspace import REPOSITORY, Dispatched, Workspace, make_workspace, outcomes, reasons

pytestmark = pytest.mark.slow

WEIGHTS = {"C-01": 0, "C-02": 0, "C-03": 0, "AC-SHIP2-005": 30, "AC-SHIP2-009": 50, "AC-SHIP2-010": 20}
ALLOWED = ("--allow-blocked", "AC-SHIP2-010=missing_hardware")
RECIPE = """\
name: tiny
model: fixture-llama
initial_weights: {weights}
device: cpu
dtype: f32
data:
  source: {text}
  held_out_fraction: 0.5
  license: Apache-2.0
train:
  epochs: 1
  steps_per_epoch: 3
  batch_size: 2
  sequence_length: 32
  learning_rate: 1.0e-3
  warmup_steps: 1
  weight_decay: 0.1
  gradient_clip: 1.0
  validation_batches: 1
  seed: 0
bench:
  iterations: 2
  max_tokens: 4
export: [f32]
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, fixture_llama: Path) -> Workspace:
    workspace = make_workspace(tmp_path_factory.mktemp("e2e") / "main job", WEIGHTS)
    workspace.falsify("AC-SHIP2-010")
    text = workspace.root / "text"
    text.mkdir()
    for path in sorted((REPOSITORY / "src" / "shipworthy" / "architecture").glob("*.py")):
        (text / path.name).write_bytes(path.read_bytes())
    (workspace.root / "base.apr").write_bytes(fixture_llama.read_bytes())
    recipe = RECIPE.format(weights=workspace.root / "base.apr", text=text)
    (workspace.root / "tiny.yaml").write_text(recipe)
    return workspace


@pytest.fixture(scope="module")
def first(workspace: Workspace) -> Dispatched:
    return workspace.dispatch("--recipe", "tiny.yaml", *ALLOWED)


@pytest.fixture(scope="module")
def run_dir(workspace: Workspace, first: Dispatched) -> Path:
    assert first.code == 0, first.stderr
    (record,) = (workspace.root / ".shipworthy" / "runs").glob("*/run.json")
    return record.parent


def test_every_criterion_that_can_be_measured_is_discharged(first: Dispatched) -> None:
    assert first.code == 0, first.stdout + first.stderr
    found = reasons(first.bundle)
    assert found == {name: [] for name in WEIGHTS} | {"AC-SHIP2-010": ["missing_hardware"]}
    assert outcomes(first.bundle)["FALSIFY-SHIP-019"] == "PASS"
    assert "demo ship-% of fixture: 80 of 100" in first.stdout
    assert "AC-SHIP2-010 blocked by missing_hardware" in first.stdout


def test_the_run_left_a_checkpoint_a_bench_and_an_export(first: Dispatched, run_dir: Path) -> None:
    names = {path.name for path in run_dir.iterdir()}
    assert {"epoch-001.apr", "epoch-001-f32.gguf", "bench.json", "run.json", "steps.jsonl"} <= names
    assert len((run_dir / "steps.jsonl").read_text().splitlines()) == 3
    with open_checkpoint(run_dir / "epoch-001.apr") as checkpoint:
        checkpoint.verify()
        assert checkpoint.config().param_count() == 138_048
        assert checkpoint.metadata["license"] == "apache-2.0"


def test_the_bundle_binds_what_was_tried(first: Dispatched, run_dir: Path) -> None:
    bundle = first.bundle
    digest = sha256_file(run_dir / "epoch-001.apr")
    assert bundle.predicate["subject"]["sha256"] == digest
    parity = json.loads((bundle.path / "measurements" / "FALSIFY-SHIP-019.json").read_bytes())
    assert parity["artifacts"]["gguf"]["sha256"] == sha256_file(run_dir / "epoch-001-f32.gguf")
    assert len(parity["raw"]["samples"]) == 100
    run = json.loads((bundle.path / "run.json").read_bytes())
    assert run["checkpoints"][0]["sha256"] == digest
    assert (bundle.path / "logs" / "FALSIFY-SHIP-019.log").stat().st_size > 0
    bench = bundle.predicate["information"]["bench"]
    assert (bench["subject"]["sha256"], bench["device"]["type"]) == (digest, "cpu")
    assert [sample["tokens"] for sample in bench["samples"]] == [4, 4]


def test_no_place_of_this_machine_is_in_the_bundle(first: Dispatched, workspace: Workspace) -> None:
    places = {str(p).encode() for p in (workspace.root, workspace.root.parent, Path.home(), REPOSITORY)}
    for path in first.bundle.path.rglob("*"):
        if path.is_file():
            assert not [place for place in places if place in path.read_bytes()], path.name


def test_a_second_run_uses_the_first_again_and_exports_anew(
    first: Dispatched, run_dir: Path, workspace: Workspace
) -> None:
    kept = ("epoch-001.apr", "bench.json", "run.json")
    before = {name: (run_dir / name).stat().st_mtime_ns for name in kept}
    exported = (run_dir / "epoch-001-f32.gguf").stat().st_mtime_ns
    again = workspace.dispatch("--recipe", "tiny.yaml")
    assert again.code == 1  # nothing is allowed to be blocked this time
    assert reasons(again.bundle) == reasons(first.bundle)
    assert again.bundle.predicate["subject"] == first.bundle.predicate["subject"]
    assert {name: (run_dir / name).stat().st_mtime_ns for name in kept} == before
    assert (run_dir / "epoch-001-f32.gguf").stat().st_mtime_ns > exported


def test_a_defect_of_the_export_falsifies_parity_alone(
    first: Dispatched, run_dir: Path, workspace: Workspace
) -> None:
    from shipworthy.gate.planted.numerics import rope_layout

    bad = workspace.root / "bad.gguf"
    rope_layout(run_dir / "epoch-001-f32.gguf", bad)
    done = workspace.dispatch(run_dir / "epoch-001.apr", "--artifact", "gguf=bad.gguf", *ALLOWED)
    assert done.code == 1
    assert reasons(done.bundle) == {**reasons(first.bundle), "AC-SHIP2-009": ["falsified"]}
    assert "demo ship-% of fixture: 30 of 100" in done.stdout


def test_an_absent_device_is_refused_before_anything_is_trained(workspace: Workspace) -> None:
    done = workspace.dispatch("--recipe", "tiny.yaml", "--device", "cuda:99")
    assert (done.code, done.bundles) == (2, [])
    assert "cuda:99" in done.stderr


def test_an_export_of_a_tokenizer_that_llama_cpp_has_not_leaves_no_path_in_the_bundle(
    workspace: Workspace, fixture_llama: Path
) -> None:
    """The parity gate breaks with an error that names the subject's file; its place stays at home."""
    from shipworthy.gate.planted.tokenizer import tokenizer_removed

    bad = workspace.root / "no tokenizer.apr"
    tokenizer_removed(fixture_llama, bad)
    done = workspace.dispatch(bad, *ALLOWED)
    assert done.code == 1
    found = reasons(done.bundle)
    assert (found["AC-SHIP2-005"], found["AC-SHIP2-009"]) == (["falsified"], ["error"])
    for path in done.bundle.path.rglob("*"):
        if path.is_file():
            assert str(workspace.root).encode() not in path.read_bytes()
