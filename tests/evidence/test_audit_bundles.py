"""Our own bundles among receipts: verified, derived again, and counted for the claims of others."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_bundles import EARLY, Files, bound_anew, corpus_bundle, cut_planted, everywhere, files_of

from foreign_receipts import receipts, write
from shipworthy import strict_yaml
from shipworthy.canonical import sha256_bytes
from shipworthy.contract import Catalogue, criterion_hash
from shipworthy.contract.read import read_contract
from shipworthy.evidence.audit import Audit, audit
from shipworthy.evidence.audit.bundle_fit import unfit
from shipworthy.evidence.audit.dossier import Dossier
from shipworthy.evidence.audit.receipt import Receipt
from shipworthy.evidence.bundle import json_bytes, write_bundle
from shipworthy.evidence.verify import stale_findings, verify_bundle

REPOSITORY = Path(__file__).parents[2]
HONEST = REPOSITORY / "tests" / "data" / "honest-receipts"
REFERENCE = next((REPOSITORY / "evidence" / "reference").glob("2*"))


@pytest.fixture(scope="module")
def reference(catalogue: Catalogue) -> Audit:
    return audit(REFERENCE, catalogue)


def test_honest_receipts_of_our_own_have_no_finding(catalogue: Catalogue) -> None:
    found = audit(HONEST, catalogue)
    assert found.findings == ()
    assert [receipt.kind for receipt in found.receipts] == [
        "digests", "shipworthy-bench", "junit", "llama-bench", "load-log", "summary", "loss-trajectory",
    ]  # fmt: skip
    assert [row.criterion for row in found.criteria] == ["AC-SHIP2-005", "AC-SHIP2-009", "AC-SHIP2-010"]


def test_the_reference_bundle_has_no_finding_and_is_derived_again(reference: Audit) -> None:
    assert reference.findings == ()
    stated = json.loads((REFERENCE / "statement.json").read_text())["predicate"]["criteria"]
    assert {row.criterion: str(row.verdict) for row in reference.criteria} == {
        entry["id"]: entry["verdict"] for entry in stated
    }
    assert sum(row.verdict == "DISCHARGED" for row in reference.criteria) >= 10


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


def test_a_bundle_whose_samples_do_not_give_what_it_states(catalogue: Catalogue, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(EARLY, tmp_path / "bundle"))
    name = "measurements/FALSIFY-C-03.json"
    document = json.loads((bundle / name).read_text())
    del document["raw"]["metadata"]["num_layers"]
    (bundle / name).write_bytes(json_bytes(document))
    # As who forges one does: the manifest is made to fit.
    manifest = json.loads((bundle / "manifest.json").read_text())
    data = (bundle / name).read_bytes()
    manifest["files"][name] = {"sha256": sha256_bytes(data), "size": len(data)}
    (bundle / "manifest.json").write_bytes(json_bytes(manifest))
    found = audit(tmp_path, catalogue)
    codes = {finding.code for finding in found.findings}
    assert codes == {"bundle-contradicts-itself", "bundle-stale", "not-proven"}
    row = next(row for row in found.criteria if row.criterion == "C-03")
    assert (row.verdict, row.claimed) == ("BLOCKED", ("DISCHARGED",))


def test_a_claim_that_a_bundle_proves_is_proven(catalogue: Catalogue, tmp_path: Path) -> None:
    summary = {"sources": ["bundle"], "C-03": "DISCHARGED", "AC-SHIP2-010": "DISCHARGED"}
    write(tmp_path, {"summary.json": summary})
    alone = {f.place for f in audit(tmp_path, catalogue).findings if f.code == "not-proven"}
    assert alone == {"/C-03", "/AC-SHIP2-010"}
    shutil.copytree(REFERENCE, tmp_path / "bundle")
    found = audit(tmp_path, catalogue, release="smollm2-demo")
    assert {f.place for f in found.findings if f.file == "summary.json"} == {"/AC-SHIP2-010"}
    # The two criteria are those of model-2, and this is a bundle of another model.
    found = audit(tmp_path, catalogue)
    assert found.release == "model-2"
    assert {f.place for f in found.findings if f.code == "not-proven"} == {"/C-03", "/AC-SHIP2-010"}
    row = next(row for row in found.criteria if row.criterion == "C-03")
    assert [str(reason) for reason, _ in row.reasons] == ["unregistered"]


def test_a_bundle_of_other_contracts_proves_nothing_of_what_others_claim(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    write(tmp_path, {"summary.json": {"sources": ["bundle"], "C-03": "DISCHARGED"}})
    files = cut_planted(files_of(corpus_bundle("0.1.0/unsigned")))
    write_bundle(tmp_path, "bundle", bound_anew(files))
    found = audit(tmp_path, catalogue)
    assert ("not-proven", "/C-03") in {(f.code, f.place) for f in found.findings}
    assert "bundle-contradicts-itself" not in {f.code for f in found.findings}
    row = next(row for row in found.criteria if row.criterion == "C-03")
    assert "stale_contract" in [str(reason) for reason, _ in row.reasons]


def test_a_bundle_of_other_contracts_is_told_and_proves_nothing_alone(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    bundle = corpus_bundle("0.1.0/unsigned")
    verification = verify_bundle(bundle)
    shutil.copytree(bundle, tmp_path / "bundle")
    found = audit(tmp_path, catalogue)
    stale = {finding.where for finding in stale_findings(verification, catalogue.root)}
    assert stale
    assert {(f.code, f.place) for f in found.findings} == {("bundle-stale", where) for where in stale}
    blocked = {row.criterion for row in found.criteria if row.verdict == "BLOCKED"}
    assert stale & {row.criterion for row in found.criteria} <= blocked


def loosened(files: Files) -> Files:
    """The bound of C-02 is let go, planted defects and all hashes made to fit."""
    old = next(
        entry
        for entry in json.loads(files["statement.json"])["predicate"]["criteria"]
        if entry["id"] == "C-02"
    )
    text = files["contracts/c-02.yaml"].decode().replace("statement: ", "statement: Mostly. ", 1)
    assert text.encode() != files["contracts/c-02.yaml"]
    files = {**files, "contracts/c-02.yaml": text.encode()}
    contract = read_contract(strict_yaml.loads(text.encode(), Path("c-02.yaml")))
    around = verify_bundle(corpus_bundle("0.1.0/unsigned")).contents
    assert around is not None
    return everywhere(files, old["criterion"], criterion_hash(contract, around.catalogue))


def test_a_bundle_with_a_contract_of_its_own_proves_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    files = bound_anew(loosened(files_of(corpus_bundle("0.1.0/unsigned"))))
    write_bundle(tmp_path, "bundle", files)
    assert {v.id for v in verify_bundle(tmp_path / "bundle").criteria if v.verdict.discharged} >= {"C-02"}
    found = audit(tmp_path, catalogue)
    assert ("bundle-stale", "C-02") in {(f.code, f.place) for f in found.findings}
    row = next(row for row in found.criteria if row.criterion == "C-02")
    assert (row.verdict, [str(reason) for reason, _ in row.reasons]) == ("BLOCKED", ["stale_contract"])


def test_what_rests_on_a_stale_criterion_is_stale(catalogue: Catalogue, tmp_path: Path) -> None:
    write_bundle(tmp_path, "bundle", bound_anew(loosened(files_of(corpus_bundle("0.1.0/unsigned")))))
    verification = verify_bundle(tmp_path / "bundle")
    assert verification.contents is not None
    # No committed bundle has a compound: one of its contracts is made to cite another.
    around = verification.contents.catalogue
    citing = replace(around.contracts["C-01"], all_of=("C-03",))
    over = replace(around.contracts["C-03"], all_of=("C-02",))
    contracts = {**around.contracts, "C-01": citing, "C-03": over}
    contents = replace(verification.contents, catalogue=replace(around, contracts=contracts))
    receipt = Receipt("bundle", "shipworthy-bundle", replace(verification, contents=contents))
    whys = unfit(Dossier((receipt,), (), {}, catalogue, None), receipt)
    assert any("C-02, which it rests on" in what for _, what in whys["C-01"])


def test_a_bundle_of_a_demo_proves_nothing_of_another_model(catalogue: Catalogue, tmp_path: Path) -> None:
    shutil.copytree(REFERENCE, tmp_path / "bundle")
    found = audit(tmp_path, catalogue, release="model-2")
    assert [(f.code, f.found) for f in found.findings] == [
        ("bundle-of-another-model", catalogue.releases["model-2"].registration)
    ]
    asked = [row for row in found.criteria if row.criterion in catalogue.releases["model-2"].weights]
    assert asked
    assert all("unregistered" in [str(reason) for reason, _ in row.reasons] for row in asked)
    assert all(row.verdict == "BLOCKED" for row in asked)
    write(tmp_path, {"findings.json": {"sources": ["bundle"], "ship_pct": 30, "AC-SHIP2-005": "DISCHARGED"}})
    codes = {f.code for f in audit(tmp_path, catalogue, release="model-2").findings}
    assert codes == {"bundle-of-another-model", "not-proven", "percentage-not-derived"}
    assert audit(REFERENCE, catalogue, release="smollm2-demo").findings == ()


def test_an_audit_needs_no_torch_and_no_model_runtime() -> None:
    code = (
        "import sys; from pathlib import Path; from shipworthy.contract import load_catalogue;"
        "from shipworthy.evidence.audit import audit;"
        f"found = load_catalogue(Path({str(REPOSITORY / 'contracts')!r}));"
        f"audit(Path({str(HONEST)!r}), found); audit(Path({str(REFERENCE)!r}), found);"
        "print(sorted({'torch', 'llama_cpp', 'numpy', 'transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
