"""`shipworthy dispatch`: its exit code comes from the bundle, and the environment changes no verdict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.evidence import Bundle, list_bundles, read_bundle
from shipworthy.gate.dispatch import exit_code
from trial_workspace import Dispatched, Workspace, outcomes, reasons

MISSING = {"AC-SHIP2-010": ["missing_hardware"]}


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_what_needs_a_device_that_is_not_there_is_blocked_and_the_rest_discharged(
    wide_dispatch: Dispatched,
) -> None:
    assert wide_dispatch.code == 1, wide_dispatch.stderr
    found = reasons(wide_dispatch.bundle)
    assert found == {"C-01": [], "C-02": [], "C-03": [], "AC-SHIP2-005": [], **MISSING}
    assert outcomes(wide_dispatch.bundle)["FALSIFY-SHIP-020"] == "UNMEASURABLE"
    for text in ("PARTIAL_ALGORITHM_LEVEL", "demo ship-% of fixture: 70 of 100", "signature: none"):
        assert text in wide_dispatch.stdout


def test_a_subject_that_passes_everything_exits_0(quick: Workspace, fixture_llama: Path) -> None:
    done = quick.dispatch(fixture_llama)
    assert (done.code, reasons(done.bundle)) == (0, {"C-01": [], "C-02": [], "C-03": []})
    assert "demo ship-% of fixture: 100 of 100" in done.stdout


def test_neither_the_environment_nor_a_conftest_reaches_the_gates(
    quick: Workspace, fixture_llama: Path
) -> None:
    skip = "import pytest\ndef pytest_runtest_setup(item):\n    pytest.skip('not today')\n"
    (quick.gates / "conftest.py").write_text(skip)
    (quick.root / "conftest.py").write_text(skip)
    (quick.root / "skipping.py").write_text(skip)
    (quick.root / "pytest.ini").write_text("[pytest]\naddopts = -k nothing\n")
    environment = {
        "PYTEST_ADDOPTS": "-k nothing --collect-only",
        "PYTEST_PLUGINS": "skipping",
        "PYTHONPATH": str(quick.root),
    }
    done = quick.dispatch(fixture_llama, environment=environment)
    assert (done.code, reasons(done.bundle)) == (0, {"C-01": [], "C-02": [], "C-03": []})


def test_an_allowance_is_recorded_and_lets_exactly_its_reason_pass(
    wide_original: Workspace, fixture_llama: Path
) -> None:
    done = wide_original.dispatch(fixture_llama, "--allow-blocked", "AC-SHIP2-010=missing_hardware")
    assert done.code == 0
    assert done.bundle.predicate["allowed_blocked"] == [
        {"criterion": "AC-SHIP2-010", "reason": "missing_hardware"}
    ]
    assert reasons(done.bundle)["AC-SHIP2-010"] == ["missing_hardware"]
    assert "allowed here, and ignored by sign-off: AC-SHIP2-010 blocked by missing_hardware" in done.stdout


@pytest.mark.parametrize("pair", ["C-03=because", "C-03", "C-03=", "C-03=FALSIFIED"])
def test_an_allowance_without_a_reason_that_exists_is_refused(quick: Workspace, pair: str) -> None:
    done = quick.dispatch("x.apr", "--allow-blocked", pair)
    assert (done.code, done.bundles) == (2, [])
    assert f"{pair!r} is not CRITERION=REASON" in done.stderr


def test_an_allowance_for_a_criterion_that_the_release_has_not_is_refused(
    quick: Workspace, fixture_llama: Path
) -> None:
    done = quick.dispatch(fixture_llama, "--allow-blocked", "C-3=missing_hardware")
    assert done.code == 2
    assert "has no criterion 'C-3' [bad-allowance]; its criteria are C-01, C-02, C-03" in done.stderr
    assert done.bundles == []


def bundle_of(*criteria: tuple[str, list[str]], allowed: list[tuple[str, str]] | None = None) -> Bundle:
    predicate: dict[str, Any] = {
        "allowed_blocked": [{"criterion": c, "reason": r} for c, r in allowed or []],
        "not_written": [],
        "criteria": [
            {"id": name, "verdict": "BLOCKED" if found else "DISCHARGED", "reasons": found}
            for name, found in criteria
        ],
    }
    return Bundle(Path("bundle"), {"predicate": predicate})


@pytest.mark.parametrize(
    ("criteria", "allowed", "code"),
    [
        ([], [], 1),
        ([("A", [])], [], 0),
        ([("A", []), ("B", ["falsified"])], [], 1),
        ([("A", []), ("B", ["inconclusive"])], [], 3),
        ([("A", ["falsified"]), ("B", ["inconclusive"])], [], 1),
        ([("A", ["inconclusive", "error"])], [], 1),
        ([("A", ["missing_hardware"])], [("A", "missing_hardware")], 1),
        ([("A", ["missing_hardware"]), ("B", [])], [("A", "missing_hardware")], 0),
        ([("A", ["missing_hardware"])], [("B", "missing_hardware")], 1),
        ([("A", ["missing_hardware"])], [("A", "missing_artifact")], 1),
        ([("A", ["missing_hardware", "falsified"])], [("A", "missing_hardware")], 1),
        ([("A", ["missing_hardware", "inconclusive"])], [("A", "missing_hardware")], 3),
        ([("A", ["missing_hardware"]), ("B", ["inconclusive"])], [("A", "missing_hardware")], 3),
    ],
)
def test_the_exit_code_by_what_blocks(
    criteria: list[tuple[str, list[str]]], allowed: list[tuple[str, str]], code: int
) -> None:
    assert exit_code(bundle_of(*criteria, allowed=allowed)) == code


def test_a_criterion_that_nobody_wrote_blocks() -> None:
    bundle = bundle_of(("A", []))
    bundle.statement["predicate"]["not_written"].append("B")
    assert exit_code(bundle) == 1


def damaged(good: Path, folder: Path) -> dict[str, Path]:
    """Subjects that cannot be opened, by name."""
    data = good.read_bytes()
    for name, content in {
        "empty.apr": b"",
        "cut.apr": data[: len(data) // 2],
        "one-short.apr": data[:-1],
        "text.apr": b"This is a text and no checkpoint.\n",
    }.items():
        (folder / name).write_bytes(content)
    (folder / "directory").mkdir()
    (folder / "directory" / "model.safetensors").write_bytes(b"")
    names = ("empty.apr", "cut.apr", "one-short.apr", "text.apr", "directory", "missing.apr")
    return {name: folder / name for name in names}


@pytest.mark.parametrize(
    "name", ["empty.apr", "cut.apr", "one-short.apr", "text.apr", "directory", "missing.apr"]
)
def test_a_subject_that_cannot_be_opened_is_one_line_and_4(
    quick: Workspace, fixture_llama: Path, tmp_path: Path, name: str
) -> None:
    subject = damaged(fixture_llama, tmp_path)[name]
    done = quick.dispatch(subject)
    assert done.code == 4
    assert done.stdout == ""
    (line,) = lines(done.stderr)
    assert line.startswith("shipworthy: ")
    assert name in line
    assert len(done.bundles) == (name in ("cut.apr", "one-short.apr", "text.apr"))
    for bundle in done.bundles:
        assert bundle.refused
        assert bundle.predicate["subject"]["name"] == name
        shown = quick.shipworthy("show", bundle.path)
        assert shown.stdout.startswith("refused before any gate ran: ")
    assert [p.name for p in quick.evidence.glob(".*")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.apr", "--release", "nothing"], "there is no release 'nothing'"),
        ([], "exactly one of SUBJECT and --recipe is needed"),
        (["absent.apr", "--recipe", "absent.yaml"], "exactly one of SUBJECT and --recipe is needed"),
        (["absent.apr", "--artifact", "gguf"], "'gguf' is not KIND=PATH"),
        (["absent.apr", "--artifact", "pickle=x"], "'pickle=x' is not KIND=PATH"),
        (["absent.apr", "--evidence", "contracts/c-03.yaml"], "bundles cannot be kept there"),
        (["--recipe", "absent.yaml"], "absent.yaml"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_2(quick: Workspace, arguments: list[str], message: str) -> None:
    done = quick.dispatch(*arguments)
    assert (done.code, done.stdout, done.bundles) == (2, "", [])
    (line,) = lines(done.stderr)
    assert message in line


def test_a_contract_that_does_not_validate_is_one_line_and_2(quick: Workspace, fixture_llama: Path) -> None:
    path = quick.contracts / "c-03.yaml"
    path.write_text(path.read_text().replace("maxItems", "maximumItems"))
    done = quick.dispatch(fixture_llama)
    assert (done.code, done.bundles) == (2, [])
    (line,) = lines(done.stderr)
    assert "contracts/c-03.yaml" in line


def test_an_attached_file_that_is_not_there_is_4(quick: Workspace, fixture_llama: Path) -> None:
    done = quick.dispatch(fixture_llama, "--artifact", "gguf=absent.gguf")
    assert done.code == 4
    assert "absent.gguf" in done.stderr


def test_json_is_alone_on_standard_output_and_has_verdict_and_status_apart(
    quick: Workspace, fixture_llama: Path
) -> None:
    done = quick.dispatch(fixture_llama, "--json")
    found = json.loads(done.stdout)
    assert [(r["criterion"], r["verdict"], r["status"]) for r in found["criteria"]] == [
        (name, "DISCHARGED", "DISCHARGED") for name in ("C-01", "C-02", "C-03")
    ]
    assert found["ship_percent"] == 100
    assert found["bundle"] == done.bundle.path.name
    assert found["subject"]["unregistered"] == []


def test_a_subject_that_is_not_the_registered_model_discharges_nothing(
    wide_original: Workspace, fixture_llama: Path
) -> None:
    done = wide_original.dispatch(fixture_llama, "--release", "model-2", "--json")
    assert done.code == 1
    found = reasons(done.bundle)
    assert found["C-01"] == found["C-02"] == found["C-03"] == ["unregistered"]
    assert found["AC-SHIP2-005"] == ["unregistered", "falsified"]
    summary = json.loads(done.stdout)
    assert summary["ship_percent"] == 0
    assert (
        "it has 138048 parameters, registered are 366300000..373700000" in summary["subject"]["unregistered"]
    )
    blocked = {row["criterion"]: " ".join(row["blocked_by"]) for row in summary["criteria"]}
    assert "parameters: found 138048, expected >= 366300000 and <= 373700000" in blocked["AC-SHIP2-005"]
    assert blocked["AC-SHIP2-001"] == "not_run: no active contract yet"


def test_the_release_is_chosen_by_the_subjects_constants(quick: Workspace, fixture_llama: Path) -> None:
    done = quick.shipworthy("dispatch", fixture_llama)
    assert done.returncode == 0
    assert quick.bundle().predicate["release"]["id"] == "fixture"


def test_a_subject_of_no_release_must_name_one(quick: Workspace, fixture_qwen2: Path) -> None:
    done = quick.shipworthy("dispatch", fixture_qwen2)
    assert done.returncode == 2
    assert "constants are: none" in done.stderr


def test_the_same_samples_under_two_criteria_discharge_neither(quick: Workspace, fixture_llama: Path) -> None:
    text = (quick.contracts / "c-03.yaml").read_text()
    twin = text.replace("id: C-03", "id: C-04").replace("FALSIFY-C-03", "FALSIFY-C-04")
    twin = twin.replace("statement: >-\n", "statement: >-\n  Once more. ")
    (quick.contracts / "c-04.yaml").write_text(twin)
    release = quick.contracts / "releases" / "fixture.yaml"
    release.write_text(release.read_text() + "  C-04: 0\n")
    quick.compile()
    quick.falsify("C-04")
    done = quick.dispatch(fixture_llama)
    assert done.code == 1
    assert reasons(done.bundle) == {
        "C-01": [],
        "C-02": [],
        "C-03": ["double_credit"],
        "C-04": ["double_credit"],
    }


def test_a_gate_without_a_valid_proof_discharges_nothing(quick: Workspace, fixture_llama: Path) -> None:
    proofs = quick.contracts / "proofs"
    (proofs / "C-01.json").unlink()
    (proofs / "C-02.json").write_text((proofs / "C-02.json").read_text().replace('"FAIL"', '"PASS"', 1))
    (proofs / "C-03.json").write_text("{")
    done = quick.dispatch(fixture_llama)
    assert done.code == 1
    assert set(map(tuple, reasons(done.bundle).values())) == {("vacuous_gate",)}
    assert set(outcomes(done.bundle).values()) == {"PASS"}
    assert "vacuous_gate: there is no C-01.json in proofs/" in " ".join(done.stdout.split())


def test_a_defect_is_falsified_in_the_words_of_the_runtime(
    quick: Workspace, fixture_llama: Path, tmp_path: Path
) -> None:
    from shipworthy.gate.planted.metadata import metadata_key_missing

    bad = tmp_path / "bad.apr"
    metadata_key_missing(fixture_llama, bad, key="hidden_size")
    done = quick.dispatch(bad)
    assert done.code == 1
    (entry,) = [e for e in done.bundle.predicate["criteria"] if e["id"] == "C-03"]
    assert entry["reasons"] == ["unregistered", "falsified"]
    assert entry["falsifiers"][0]["detail"].startswith("C-03: APR model missing 'hidden_size' metadata")


def test_a_newer_red_hides_an_older_green(quick: Workspace, fixture_llama: Path) -> None:
    assert quick.dispatch(fixture_llama).code == 0
    (quick.contracts / "proofs" / "C-03.json").unlink()
    done = quick.dispatch(fixture_llama, "--json")
    statuses = {row["criterion"]: row["status"] for row in json.loads(done.stdout)["criteria"]}
    assert statuses == {"C-01": "DISCHARGED", "C-02": "DISCHARGED", "C-03": "BLOCKED"}


def test_an_altered_bundle_is_named_and_counts_nothing(quick: Workspace, fixture_llama: Path) -> None:
    first = quick.dispatch(fixture_llama).bundle
    with (first.path / "statement.json").open("ab") as stream:
        stream.write(b" ")
    argv = [fixture_llama, "--release", "fixture"]
    done = quick.shipworthy("dispatch", *argv)
    assert done.returncode == 0
    assert "not counted: " in done.stderr
    assert "[digest-differs]" in done.stderr
    assert len(list_bundles(quick.evidence)) == 2


def test_a_local_contracts_directory_is_the_one_that_is_tried(
    wide_dispatch: Dispatched, wide_original: Workspace
) -> None:
    for path in sorted((wide_dispatch.bundle.path / "contracts").glob("*.yaml")):
        assert path.read_bytes() == (wide_original.contracts / path.name).read_bytes()
    assert read_bundle(wide_dispatch.bundle.path).predicate["release"]["id"] == "fixture"


def test_a_file_name_that_is_no_text_is_shown_escaped(quick: Workspace, fixture_llama: Path) -> None:
    subject = quick.root / os.fsdecode(b"\xff odd\n\x1b[31m.apr")
    subject.write_bytes(fixture_llama.read_bytes())
    done = quick.dispatch(subject)
    assert done.code == 0, done.stderr
    assert "The fixture: \\udcff odd\\n\\x1b[31m.apr (" in done.stdout
    assert "\x1b" not in done.stdout
    subject.write_bytes(b"no checkpoint")
    refused = quick.dispatch(subject)
    assert refused.code == 4
    assert len(lines(refused.stderr)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"num_layers": 2**60},
        {"num_layers": -1},
        {"hidden_size": "sixty\x1b[31m"},
        {"num_heads": "four", "head_dim": None},
        {"architecture": "[/red]\x1b[2J"},
        {"architecture": ["llama"]},
        {"rope_theta": True},
    ],
    ids=str,
)
def test_whatever_metadata_says_it_is_a_verdict_and_no_bug(
    quick: Workspace, fixture_llama: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    with open_checkpoint(fixture_llama) as checkpoint:
        stated = {k: v for k, v in {**checkpoint.metadata, **change}.items() if v is not None}
        tensors = {
            name: TensorSource("F32", entry.shape, partial(checkpoint.read, name))
            for name, entry in checkpoint.tensors.items()
        }
        bad = tmp_path / "bad.apr"
        write_apr(bad, metadata=stated, tensors=tensors, tokenizer=checkpoint.tokenizer())
    done = quick.dispatch(bad)
    assert done.code == 1, done.stderr
    assert all(reasons(done.bundle).values())
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_dispatch_that_is_terminated_takes_its_pytest_with_it_and_leaves_nothing(
    quick: Workspace, fixture_llama: Path, tmp_path: Path
) -> None:
    started, scratch = tmp_path / "started", tmp_path / "scratch"
    scratch.mkdir()
    wait = f"import os, pathlib, time\npathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
    wait += "time.sleep(60)\n"
    (quick.gates / "test_a.py").write_text(wait)
    argv = [sys.executable, "-m", "shipworthy.cli", "dispatch", str(fixture_llama), "--release", "fixture"]
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(argv, cwd=quick.root, env=environment, stderr=subprocess.PIPE, text=True) as child:
        while not (started.exists() and started.read_text()):
            assert child.poll() is None
            time.sleep(0.05)
        child.terminate()
        _, said = child.communicate(timeout=30)
    assert child.returncode == 143
    assert said.splitlines()[-1] == "shipworthy: stopped by SIGTERM before there was a bundle"
    assert not Path(f"/proc/{started.read_text()}").exists()
    assert list(scratch.iterdir()) == []
