# ruff: noqa: E501 - a case a line, where it can be
"""Forged bundles whose digests were all made to fit: each is found out by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus_bundles import (
    EARLY,
    REFERENCE,
    Files,
    bound_anew,
    corpus_bundle,
    cut_planted,
    edited,
    everywhere,
    files_of,
    replaced,
    verified,
)

from shipworthy import strict_yaml
from shipworthy.canonical import sha256_json
from shipworthy.contract import Catalogue, criterion_hash, planted_digest
from shipworthy.contract.read import read_contract
from shipworthy.errors import FileError
from shipworthy.evidence.verify import stale_findings

PATH = corpus_bundle("0.1.0/unsigned")
UNREGISTERED = corpus_bundle("0.1.0/unregistered")
STATEMENT = "statement.json"
C03 = "measurements/FALSIFY-C-03.json"
CONTRACTS = Path(__file__).parents[2] / "contracts"
Edit = Callable[[Files], Files]


def predicate(edit: Callable[[dict[str, Any]], object]) -> Edit:
    return lambda files: edited(files, STATEMENT, lambda statement: edit(statement["predicate"]))


def entry(name: str, edit: Callable[[dict[str, Any]], object]) -> Edit:
    def change(found: dict[str, Any]) -> None:
        for criterion in found["criteria"]:
            if criterion["id"] == name:
                edit(criterion)

    return predicate(change)


def outcome(name: str, **fields: Any) -> Edit:
    return entry(name, lambda found: found["falsifiers"][0].update(fields))


def measured(name: str, edit: Callable[[dict[str, Any]], object]) -> Edit:
    return lambda files: edited(files, name, edit)


def text(name: str, old: str, new: str) -> Edit:
    return lambda files: replaced(files, name, old, new)


def together(*edits: Edit) -> Edit:
    def change(files: Files) -> Files:
        for edit in edits:
            files = edit(files)
        return files

    return change


def without(*names: str) -> Edit:
    return lambda files: {name: data for name, data in files.items() if name not in names}


def with_file(name: str, data: bytes) -> Edit:
    return lambda files: {**files, name: data}


def rehashed(name: str, edit: Edit) -> Edit:
    """A contract changed, and its new hash written wherever the old one stood."""

    def change(files: Files) -> Files:
        old = {e["id"]: e for e in json.loads(files[STATEMENT])["predicate"]["criteria"]}
        files = edit(files)
        document = strict_yaml.loads(files[f"contracts/{name.lower()}.yaml"], Path(f"{name}.yaml"))
        contract = read_contract(document)
        catalogue = Catalogue(Path(), {contract.id: contract}, {}, {}, {}, {})
        files = everywhere(files, old[name]["criterion"], criterion_hash(contract, catalogue))
        return everywhere(files, old[name]["proof"]["planted"], planted_digest(contract))

    return change


def with_gguf(name: str, digit: str) -> Edit:
    artifacts = {"gguf": {"name": "a.gguf", "sha256": digit * 64}}
    return measured(
        f"measurements/FALSIFY-{name}.json", lambda document: document.update(artifacts=artifacts)
    )


def bench(rate: float, iterations: int = 1) -> dict[str, Any]:
    """What a recipe's bench says of 64 tokens in two seconds."""
    return {
        "median_tokens_per_second": rate,
        "device": {"type": "cpu"},
        "dtype": "f32",
        "iterations": iterations,
        "max_tokens": 64,
        "samples": [{"seconds": 2.0, "tokens": 64}],
    }


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


BLOCKED = "AC-SHIP2-010"
FORGED: dict[str, tuple[str, Edit]] = {
    "a verdict turned green": (
        "verdict-differs", entry(BLOCKED, lambda e: e.update(verdict="DISCHARGED", reasons=[])),
    ),
    "a verdict turned red": (
        "verdict-differs", entry("C-03", lambda e: e.update(verdict="BLOCKED", reasons=["falsified"])),
    ),
    "a reason left out of two": ("verdict-differs", entry(BLOCKED, lambda e: e.update(reasons=["waived"]))),
    "functional claimed": ("verdict-differs", entry(BLOCKED, lambda e: e.update(functional=True))),
    "out of scope claimed": ("verdict-differs", entry("C-03", lambda e: e.update(in_scope=False))),
    "a PASS without samples": ("cannot-rederive", outcome(BLOCKED, outcome="PASS", reason=None)),
    "a FAIL without samples": ("cannot-rederive", outcome(BLOCKED, outcome="FAIL", reason="falsified")),
    "a PASS on the samples of another": (
        "cited-file-absent",
        outcome(BLOCKED, outcome="PASS", reason=None, measurement="measurements/FALSIFY-C-03.json"),
    ),
    "a cited file that is not there": ("cited-file-absent", without(C03)),
    "the samples of another under its name": (
        "foreign-measurement",
        together(
            lambda files: {**files, "measurements/FALSIFY-SHIP-020.json": files[C03]},
            outcome(BLOCKED, outcome="PASS", reason=None, measurement="measurements/FALSIFY-SHIP-020.json"),
        ),
    ),
    "samples that no outcome cites": (
        "measurement-uncited", outcome("C-03", outcome="ERROR", reason="error", measurement=None),
    ),
    "red samples under a green outcome": (
        "quantities-differs", measured(C03, lambda m: m["raw"]["metadata"].pop("hidden_size")),
    ),
    "quantities changed": (
        "quantities-differs", entry("C-03", lambda e: e["falsifiers"][0]["quantities"].update(fields=9)),
    ),
    "a check changed": (
        "checks-differs", entry("C-03", lambda e: e["falsifiers"][0]["checks"][0].update(found=9)),
    ),
    "a check left out": ("checks-differs", entry("C-03", lambda e: e["falsifiers"][0]["checks"].pop())),
    "an outcome changed": ("outcome-differs", outcome("C-03", outcome="INCONCLUSIVE")),
    "an outcome's reason changed": ("reason-differs", outcome("C-03", reason="waived")),
    "samples that are none of the probe's": (
        "cannot-rederive", measured(C03, lambda m: m["raw"].update(shapes={})),
    ),
    "samples of another subject": (
        "foreign-subject", measured(C03, lambda m: m["subject"].update(sha256="0" * 64)),
    ),
    "samples of another registration": (
        "foreign-measurement", measured(C03, lambda m: m.update(registration="0" * 64)),
    ),
    "samples taken with other parameters": (
        "foreign-measurement", measured(C03, lambda m: m["with"].update(fields=["hidden_size"])),
    ),
    "samples of another probe": ("foreign-measurement", measured(C03, lambda m: m.update(probe="licence@1"))),
    "samples of another device": ("host-mismatch", measured(C03, lambda m: m.update(device={"device": "cuda"}))),
    "samples without a device": ("host-mismatch", measured(C03, lambda m: m.pop("device"))),
    "a measurement that is a list": ("bad-measurement", with_file(C03, b"[]")),
    "a measurement with a note beside it": ("bad-measurement", measured(C03, lambda m: m.update(reviewed_by="a"))),
    "a measurement of another schema": ("bad-measurement", measured(C03, lambda m: m.update(schema="x/1"))),
    "a measurement of no command": ("bad-measurement", measured(C03, lambda m: m.update(argv="python"))),
    "quantities of what was not measured": (
        "quantities-differs", outcome(BLOCKED, quantities={"tokens_per_second": 999.0}),
    ),
    "a check of what was not measured": (
        "checks-differs",
        outcome(BLOCKED, checks=[{"quantity": "tokens_per_second", "found": 999.0, "outcome": "PASS"}]),
    ),
    "a bench that its samples do not give": (
        "information-differs", predicate(lambda p: p.update(information={"bench": bench(99.0)})),
    ),
    "a bench of more runs than it has samples": (
        "information-differs", predicate(lambda p: p.update(information={"bench": bench(32.0, iterations=5)})),
    ),
    "a measurement that took less than nothing": (
        "impossible-samples", measured(C03, lambda m: m.update(seconds=-1)),
    ),
    "a measurement longer than its dispatch": (
        "impossible-samples", measured(C03, lambda m: m.update(seconds=86400)),
    ),
    "a measurement of no time": ("impossible-samples", measured(C03, lambda m: m.pop("seconds"))),
    "a measurement longer than any number": (
        "impossible-samples", measured(C03, lambda m: m.update(seconds=10**400)),
    ),
    "samples of a file of another format": ("foreign-subject", measured(C03, lambda m: m["raw"].update(format="gguf"))),
    "a format that no sample has": ("foreign-subject", predicate(lambda p: p["subject"].update(format="gguf"))),
    "a format left out": ("foreign-subject", predicate(lambda p: p["subject"].pop("format"))),
    "an architecture that was not found": (
        "foreign-subject", predicate(lambda p: p["subject"].update(architecture="qwen2")),
    ),
    "one artifact of two digests": ("artifact-differs", together(with_gguf("C-02", "2"), with_gguf("C-03", "3"))),
    "a dispatch that ended before it began": (
        "impossible-samples", predicate(lambda p: p.update(finished="2020-01-01T00:00:00+00:00")),
    ),
    "an outcome of another subject": ("foreign-subject", outcome("C-03", subject="0" * 64)),
    "an outcome of another criterion": ("foreign-outcome", outcome("C-03", criterion="0" * 64)),
    "a subject that changed meanwhile": (
        "foreign-subject", predicate(lambda p: p["subject"].update(at_end="0" * 64)),
    ),
    "one measurement credited twice": (
        "double-credit",
        lambda files: edited(
            files,
            "measurements/FALSIFY-C-02.json",
            lambda m: m.update(raw=json.loads(files["measurements/FALSIFY-C-01.json"])["raw"]),
        ),
    ),
    "a criterion with two verdicts": (
        "double-credit", predicate(lambda p: p["criteria"].append(p["criteria"][0])),
    ),
    "a red criterion left out": ("criterion-dropped", predicate(lambda p: p["criteria"].pop())),
    "a criterion called not written": ("criterion-dropped", predicate(lambda p: p.update(not_written=["C-03"]))),
    "a falsifier left out": ("criterion-differs", entry("C-03", lambda e: e["falsifiers"].clear())),
    "a falsifier listed twice": (
        "criterion-differs", entry("C-03", lambda e: e["falsifiers"].append(e["falsifiers"][0])),
    ),
    "a bound that was loosened": ("criterion-differs", text("contracts/c-03.yaml", "maxItems: 0", "maxItems: 9")),
    "a criterion of another version": ("criterion-differs", entry("C-03", lambda e: e.update(version="9.0.0"))),
    "a host that is another": ("criterion-differs", text("host.yaml", "that nobody has", "that I have")),
    "a host that is not there": ("criterion-differs", without("host.yaml")),
    "a registration that is another": ("registration-differs", text("registration.yaml", "licence: ", "licence: x")),
    "weights that are others": ("release-differs", text("release.yaml", "C-02: 40", "C-02: 41")),
    "a demo that is none": ("release-differs", predicate(lambda p: p["release"].update(demo=False))),
    "no proof of non-vacuity": ("vacuous-gate", without("contracts/proofs/C-03.json")),
    "a proof in which a defect survives": (
        "vacuous-gate", text("contracts/proofs/C-03.json", '"outcome": "FAIL"', '"outcome": "PASS"'),
    ),
    "a proof of another criterion": (
        "vacuous-gate", lambda files: {**files, "contracts/proofs/C-03.json": files["contracts/proofs/C-01.json"]},
    ),
    "a proof made with other fixtures": (
        "vacuous-gate",
        predicate(lambda p: p["inputs"]["registrations"].update({"fixture-llama": "0" * 64})),
    ),
    "a reason that the contract does not admit": (
        "reason-impossible", outcome(BLOCKED, reason="missing_artifact"),
    ),
    "a red measurement called a missing artifact": (
        "reason-impossible",
        together(
            without(C03), outcome("C-03", outcome="UNMEASURABLE", reason="missing_artifact", measurement=None)
        ),
    ),
    "a reason that is none": ("reason-impossible", outcome(BLOCKED, reason="it was late")),
    "a probe that nobody has": (
        "cannot-rederive",
        rehashed("C-03", lambda files: everywhere(files, "checkpoint_metadata@1", "checkpoint_metadata@9")),
    ),
}  # fmt: skip

REFUSED: dict[str, tuple[str, Edit]] = {
    "a file that belongs to nothing": ("file-unaccounted", with_file("note.txt", b"x")),
    "a measurement of no falsifier": ("file-unaccounted", with_file("measurements/FALSIFY-X.json", b"{}")),
    "a proof of no contract": ("file-unaccounted", with_file("contracts/proofs/X.json", b"{}")),
    "a contract twice": (
        "duplicate-id", lambda files: {**files, "contracts/more.yaml": files["contracts/c-03.yaml"]},
    ),
    "a contract that does not read": ("contract-unreadable", with_file("contracts/c-03.yaml", b"id: [")),
    "a contract with a key twice": (
        "contract-unreadable", text("contracts/c-03.yaml", "title:", "state: DRAFT\ntitle:"),
    ),
    "a contract with an alias bomb": (
        "contract-unreadable", with_file("contracts/c-03.yaml", b"a: &a [x]\nb: [*a, *a]\n"),
    ),
    "no registration": ("cited-file-absent", without("registration.yaml")),
    "no release": ("cited-file-absent", without("release.yaml")),
    "no word of the machine": ("cited-file-absent", without("environment.json")),
    "a machine that is no JSON": ("bad-json", with_file("environment.json", b"not json")),
    "a machine without facts": ("bad-environment", with_file("environment.json", b'{"system": null}')),
    "a machine that is a list": ("bad-environment", with_file("environment.json", b"[]")),
    "a machine of two and a half cores": (
        "bad-environment", lambda files: edited(files, "environment.json", lambda e: e.update(cores=2.5)),
    ),
    "a tool that is a number": ("bad-statement", predicate(lambda p: p.update(tool=5))),
    "a tool of a version that is none": ("bad-statement", predicate(lambda p: p.update(tool={"name": "x", "version": {}}))),
    "an end that is no time": ("bad-statement", predicate(lambda p: p.update(finished=5))),
    "a key that nobody knows": ("bad-statement", predicate(lambda p: p.update(reviewed_by="a person"))),
    "a key of a criterion that nobody knows": ("bad-statement", entry("C-03", lambda e: e.update(grade="A"))),
    "a key of an outcome that nobody knows": ("bad-statement", outcome("C-03", confirmed=True)),
    "a key of the subject that nobody knows": ("bad-statement", predicate(lambda p: p["subject"].update(run="7"))),
    "constants nested deeply": (
        "bad-statement", predicate(lambda p: p["subject"]["found"]["constants"].update(hidden_size=nested(500))),
    ),
    "a percentage as information": (
        "bad-statement", predicate(lambda p: p.update(information={"ship_percent": 100})),
    ),
    "a bench without samples": (
        "bad-statement",
        predicate(lambda p: p.update(information={"bench": {**bench(32.0), "samples": []}})),
    ),
    "metadata nested deeply": (
        "not-derivable",
        measured(
            "measurements/FALSIFY-C-01.json",
            lambda m: m["raw"]["metadata"].update(hidden_size=nested(900)),
        ),
    ),
    "an architecture that is no text": ("bad-statement", predicate(lambda p: p["subject"].update(architecture={}))),
    "a measurement with NaN": ("bad-json", with_file(C03, b'{"raw": NaN}')),
    "a measurement with a key twice": ("bad-json", with_file(C03, b'{"raw": {}, "raw": {}}')),
    "a measurement with a byte order mark": ("bad-json", with_file(C03, b"\xef\xbb\xbf{}")),
    "a measurement nested too deeply": ("bad-json", with_file(C03, b'{"raw":' * 100_000)),
    "a measurement with a number of 5,000 digits": ("bad-json", with_file(C03, b'{"a": ' + b"9" * 5000 + b"}")),
    "a statement about another subject": (
        "foreign-subject",
        lambda files: edited(files, STATEMENT, lambda s: s["subject"][0]["digest"].update(sha256="0" * 64)),
    ),
    "a statement about two subjects": (
        "foreign-subject", lambda files: edited(files, STATEMENT, lambda s: s["subject"].append(s["subject"][0])),
    ),
    "a digest in capitals": (
        "bad-statement", predicate(lambda p: p["registration"].update(sha256=p["registration"]["sha256"].upper())),
    ),
    "a digest with a newline": (
        "bad-statement", predicate(lambda p: p["registration"].update(sha256=p["registration"]["sha256"] + "\n")),
    ),
    "a weight below nothing": ("bad-statement", predicate(lambda p: p["release"]["weights"][0].update(weight=-1))),
    "an outcome that is none": ("bad-statement", outcome("C-03", outcome="PASSED")),
}  # fmt: skip


@pytest.fixture(scope="module")
def files() -> Files:
    return files_of(PATH)


def test_a_bundle_that_is_only_bound_anew_is_as_good_as_before(files: Files) -> None:
    assert verified(PATH, bound_anew(files)).findings == ()


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_bundle_is_found_out_by_name(files: Files, name: str) -> None:
    code, edit = FORGED[name]
    found = verified(PATH, bound_anew(edit(files)))
    assert code in {finding.code for finding in found.findings}, found.findings


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_bundle_is_refused_by_name(files: Files, name: str) -> None:
    code, edit = REFUSED[name]
    with pytest.raises(FileError) as caught:
        verified(PATH, bound_anew(edit(files)))
    assert caught.value.code == code


def loosen_checks(found: dict[str, Any]) -> None:
    for check in found["falsifiers"][0]["checks"]:
        if "maxItems" in check["constraint"]:
            check["constraint"]["maxItems"] = 9


def test_a_contract_that_was_loosened_whole_is_stale_and_not_false(files: Files) -> None:
    """Whoever makes a contract of their own can make all of it fit; it is not the one that is installed."""
    loosened = together(
        rehashed("C-03", text("contracts/c-03.yaml", "maxItems: 0", "maxItems: 9")),
        entry("C-03", loosen_checks),
    )
    found = verified(PATH, bound_anew(loosened(files)))
    assert found.findings == ()
    assert ("stale-contract", "C-03") in {(f.code, f.where) for f in stale_findings(found, CONTRACTS)}
    before = stale_findings(verified(PATH, files), CONTRACTS)
    assert "C-03" not in {f.where for f in before}


def test_a_planted_list_that_was_cut_with_its_proof_is_stale(files: Files) -> None:
    """The proof holds of what is in the bundle: only the installed contract shows what was not tried."""
    found = verified(PATH, bound_anew(cut_planted(files)))
    assert found.findings == ()
    (stale,) = [f for f in stale_findings(found, CONTRACTS) if f.where == "C-03"]
    assert stale.code == "stale-contract"
    assert "its planted defects are not the installed ones: 1 here and " in stale.message


def test_limits_that_were_loosened_are_stale(files: Files) -> None:
    data = files["contracts/c-03.yaml"].decode()
    (line,) = [line for line in data.splitlines() if "limits:" in line]
    loosened = {**files, "contracts/c-03.yaml": data.replace(line, "    limits: {seconds: 99999}").encode()}
    found = verified(PATH, bound_anew(loosened))
    (stale,) = [f for f in stale_findings(found, CONTRACTS) if f.where == "C-03"]
    assert "its limits are not the installed ones: seconds 99999" in stale.message


def test_an_unregistered_subject_is_not_credited_by_a_stroke_of_the_pen() -> None:
    files = files_of(UNREGISTERED)
    silent = predicate(lambda p: p["subject"].update(unregistered=[]))(files)
    assert "unregistered-credited" in codes(UNREGISTERED, silent)
    registered = json.loads(files_of(PATH)[STATEMENT])["predicate"]["subject"]["found"]
    forged = predicate(lambda p: p["subject"].update(unregistered=[], found=registered))(files)
    assert "foreign-subject" in codes(UNREGISTERED, forged)


@pytest.mark.parametrize("artifacts", [{}, {"gguf": {"name": "a.gguf"}}, {"gguf": {"sha256": "x"}}, [], None])
def test_samples_of_an_export_say_by_digest_of_which(artifacts: Any) -> None:
    files = files_of(REFERENCE)
    name = "measurements/FALSIFY-CROSS-LICENCE.json"
    files = edited(files, name, lambda document: document.update(artifacts=artifacts))
    assert "artifact-unnamed" in codes(REFERENCE, files)


def test_an_old_statement_is_held_against_what_was_measured_of_its_subject() -> None:
    files = files_of(EARLY)
    assert "found" not in json.loads(files[STATEMENT])["predicate"]["subject"]
    for name in [name for name in files if b'"hidden_size": 576' in files[name]]:
        files[name] = files[name].replace(b'"hidden_size": 576', b'"hidden_size": 640')
    assert "unregistered-credited" in codes(EARLY, files)


def codes(path: Path, files: Files) -> set[str]:
    return {finding.code for finding in verified(path, bound_anew(files)).findings}


def test_the_digest_of_the_identity_is_what_the_statement_names(files: Files) -> None:
    """A stranger's way to a criterion hash: RFC 8785 of the identity, then SHA-256."""
    from shipworthy.contract.identity import identity

    document = strict_yaml.loads(files["contracts/c-03.yaml"], Path("c-03.yaml"))
    contract = read_contract(document)
    catalogue = Catalogue(Path(), {contract.id: contract}, {}, {}, {}, {})
    stated = {e["id"]: e["criterion"] for e in json.loads(files[STATEMENT])["predicate"]["criteria"]}
    assert sha256_json(identity(contract, catalogue)) == stated["C-03"]
