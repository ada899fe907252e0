"""Our own bundles among receipts: verified, derived again, and counted for the claims of others."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foreign_receipts import receipts, write
from shipworthy.contract import Catalogue
from shipworthy.contract.probes import PROBES
from shipworthy.evidence.audit import Audit, audit
from shipworthy.evidence.audit.adapters.bundle import unproven
from shipworthy.evidence.bundle import Bundle

REPOSITORY = Path(__file__).parents[2]
HONEST = REPOSITORY / "tests" / "data" / "honest-receipts"
REFERENCE = next((REPOSITORY / "evidence" / "reference").glob("2*"))


@pytest.fixture(scope="module")
def reference(catalogue: Catalogue) -> Audit:
    return audit(REFERENCE, catalogue)


def statement() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "statement.json").read_text())
    return found


def probes(entry: dict[str, Any]) -> set[str]:
    names = [outcome.get("measurement") for outcome in entry["falsifiers"]]
    return {json.loads((REFERENCE / name).read_text())["probe"] for name in names if name}


def test_honest_receipts_of_our_own_have_no_finding(catalogue: Catalogue) -> None:
    found = audit(HONEST, catalogue)
    assert found.findings == ()
    assert [receipt.kind for receipt in found.receipts] == [
        "digests", "shipworthy-bench", "junit", "llama-bench", "load-log", "summary", "loss-trajectory",
    ]  # fmt: skip
    assert [row.criterion for row in found.criteria] == ["AC-SHIP2-005", "AC-SHIP2-009", "AC-SHIP2-010"]


def test_what_the_reference_bundle_discharged_is_derived_again(reference: Audit) -> None:
    """All but what was measured by a probe that this version no longer has: nobody can derive that here."""
    entries = [e for e in statement()["predicate"]["criteria"] if e["verdict"] == "DISCHARGED"]
    here = {entry["id"] for entry in entries if probes(entry) <= PROBES.keys()}
    assert len(here) >= 10
    assert {row.criterion for row in reference.criteria if row.verdict == "DISCHARGED"} == here
    gone = [entry["id"] for entry in entries if entry["id"] not in here]
    assert [finding.code for finding in reference.findings] == ["not-proven"] * len(gone)


def test_what_the_bundle_calls_blocked_is_no_finding(reference: Audit) -> None:
    row = next(row for row in reference.criteria if row.criterion == "AC-SHIP2-010")
    assert (row.verdict, row.credited) == ("BLOCKED", False)
    assert [str(reason) for reason, _ in row.reasons] == ["missing_hardware"]


def test_a_changed_bundle_does_not_verify(catalogue: Catalogue, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(REFERENCE, tmp_path / REFERENCE.name))
    name = "measurements/FALSIFY-C-03.json"
    (bundle / name).write_bytes((bundle / name).read_bytes().replace(b'"llama"', b'"lamma"'))
    write(tmp_path, receipts())
    found = audit(tmp_path, catalogue)
    assert [(f.code, f.file) for f in found.findings] == [("bundle-does-not-verify", REFERENCE.name)]
    assert len(found.receipts) == len(receipts())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: entry["falsifiers"].clear(), "cannot be derived again"),
        (lambda entry: entry.update(criterion="0" * 64), "of another criterion or probe"),
        (lambda entry: entry.update(id="C-99"), "cannot be derived again"),
        (lambda entry: entry["falsifiers"][0].update(measurement="../x.json"), "cannot be derived again"),
        (lambda entry: entry.update(id="C-01"), "cannot be derived again"),
    ],
)
def test_a_statement_that_its_samples_do_not_support(change: Any, said: str) -> None:
    entry = next(e for e in statement()["predicate"]["criteria"] if e["id"] == "C-03")
    bundle = Bundle(REFERENCE, statement())
    assert unproven(bundle, entry) == ""
    change(entry)
    assert said in unproven(bundle, entry)


def test_samples_that_do_not_meet_the_contract(tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(REFERENCE, tmp_path / "bundle"))
    place = bundle / "measurements" / "FALSIFY-C-03.json"
    document = json.loads(place.read_text())
    del document["raw"]["metadata"]["num_layers"]
    place.write_text(json.dumps(document))
    entry = next(e for e in statement()["predicate"]["criteria"] if e["id"] == "C-03")
    assert unproven(Bundle(bundle, statement()), entry) == "from its raw samples FALSIFY-C-03 is FAIL"


def test_a_claim_that_a_bundle_proves_is_proven(catalogue: Catalogue, tmp_path: Path) -> None:
    summary = {"sources": ["bundle"], "C-03": "DISCHARGED", "AC-SHIP2-010": "DISCHARGED"}
    write(tmp_path, {"summary.json": summary})
    alone = {f.place for f in audit(tmp_path, catalogue).findings if f.code == "not-proven"}
    assert alone == {"/C-03", "/AC-SHIP2-010"}
    shutil.copytree(REFERENCE, tmp_path / "bundle")
    found = audit(tmp_path, catalogue)
    assert {f.place for f in found.findings if f.file == "summary.json"} == {"/AC-SHIP2-010"}


def test_an_audit_needs_no_torch_and_no_model_runtime() -> None:
    code = (
        "import sys; from pathlib import Path; from shipworthy.contract import load_catalogue;"
        "from shipworthy.evidence.audit import audit;"
        f"audit(Path({str(HONEST)!r}), load_catalogue(Path({str(REPOSITORY / 'contracts')!r})));"
        "print(sorted({'torch', 'llama_cpp', 'numpy', 'transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
