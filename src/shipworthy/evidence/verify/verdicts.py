"""The verdict of every criterion of a bundle, from its derived outcomes, proofs, registration and release."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...contract import (
    Contract,
    Reason,
    RecordedOutcome,
    Verdict,
    cited_reasons,
    compound_verdict,
    criterion_hash,
    planted_digest,
    registration_digest,
    verdict_of,
)
from ...contract.proof import recorded_problem
from .agreement import disagreements
from .contents import Contents, proof_name
from .finding import Finding
from .outcomes import derive_outcome
from .registration import unregistered

_CODES = {
    Reason.DOUBLE_CREDIT: "double-credit",
    Reason.UNREGISTERED: "unregistered-credited",
    Reason.SUBJECT_CHANGED: "foreign-subject",
    Reason.VACUOUS_GATE: "vacuous-gate",
    Reason.CANNOT_REDERIVE: "cannot-rederive",
}
"""The codes of verdicts that are stated without a reason which blocks them, most telling first."""


def derive_verdicts(contents: Contents) -> tuple[dict[str, Verdict], list[Finding]]:
    """The verdicts by criterion, in the order of the statement, and everything stated otherwise."""
    findings = list(_release_findings(contents))
    is_unregistered, found = unregistered(contents)
    findings += found
    findings += disagreements(contents)
    others: set[Reason] = set()
    subject = contents.predicate["subject"]
    if "at_end" in subject and subject["at_end"] != subject["sha256"]:
        others.add(Reason.SUBJECT_CHANGED)
    doubled = _doubly_credited(contents)
    stated = {entry["id"]: entry for entry in contents.predicate["criteria"]}
    verdicts: dict[str, Verdict] = {}
    known = [contents.catalogue.contracts[name] for name in stated if name in contents.catalogue.contracts]
    for contract in sorted(known, key=lambda contract: (contract.compound, contract.battery)):
        entry = stated[contract.id]
        reasons = others | ({Reason.DOUBLE_CREDIT} if contract.id in doubled else set())
        verdict, found = _verdict(contents, contract, entry, verdicts, reasons, is_unregistered)
        findings += found
        verdicts[contract.id] = verdict
        findings += _verdict_findings(entry, verdict)
    return {name: verdicts[name] for name in stated if name in verdicts}, findings


def _release_findings(contents: Contents) -> list[Finding]:
    """The statement's release, registration and list of criteria, held against the files in the bundle."""
    predicate, release, registration = contents.predicate, contents.release, contents.registration
    found = []
    if predicate["registration"] != {"id": registration.id, "sha256": registration_digest(registration)}:
        found.append(Finding("registration-differs", "registration.yaml", "is not the one that is stated"))
    elif release.registration != registration.id:
        found.append(Finding("registration-differs", "release.yaml", "is of another registration"))
    weights = {entry["criterion"]: entry["weight"] for entry in predicate["release"]["weights"]}
    said = (*(predicate["release"][key] for key in ("id", "title", "demo")), weights)
    if said != (release.id, release.title, release.demo, dict(release.weights)) or len(weights) != len(
        predicate["release"]["weights"]
    ):
        found.append(Finding("release-differs", "release.yaml", "is not the release that is stated"))
    ids = [entry["id"] for entry in predicate["criteria"]]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        found.append(Finding("double-credit", name, "has two verdicts"))
    for name in ids:
        if name not in contents.catalogue.contracts:
            found.append(Finding("cited-file-absent", name, "its contract is not in the bundle"))
        if name not in release.weights:
            found.append(Finding("release-differs", name, "is no criterion of the release"))
    for name in contents.catalogue.contracts.keys() - set(ids):
        found.append(Finding("criterion-dropped", name, "its contract is here, and it has no verdict"))
    if sorted(predicate["not_written"]) != sorted(release.weights.keys() - set(ids)):
        message = "its list of criteria without a contract is not the one that follows"
        found.append(Finding("criterion-dropped", "statement.json", message))
    return found


def _verdict(
    contents: Contents,
    contract: Contract,
    entry: Mapping[str, Any],
    verdicts: Mapping[str, Verdict],
    others: Collection[Reason],
    is_unregistered: bool,
) -> tuple[Verdict, list[Finding]]:
    reasons = set(others) | _taken_as_stated(entry)
    stale = bool(entry["stale"])
    criterion = criterion_hash(contract, contents.catalogue)
    findings = []
    if criterion != entry["criterion"] or contract.version != entry.get("version", contract.version):
        message = f"its hash does not follow from {contents.contract_files[contract.id]}"
        findings.append(Finding("criterion-differs", contract.id, message))
        reasons.add(Reason.CANNOT_REDERIVE)
    if entry.get("title", contract.title) != contract.title:
        message = f"is called {entry['title'][:100]!r}, and its contract is {contract.title!r}"
        findings.append(Finding("criterion-differs", contract.id, message))
    if contract.compound:
        verdict = compound_verdict(
            contract, verdicts, stale=stale, unregistered=is_unregistered, others=reasons
        )
        return verdict, findings
    outcomes, found = _outcomes(contents, contract, entry, criterion)
    findings += found
    planted = planted_digest(contract)
    problem = _proof_problem(contents, contract, criterion, planted)
    if bool(problem) == entry["proof"]["valid"] or entry["proof"].get("planted", planted) != planted:
        message = problem or "holds, and the statement says that it does not"
        findings.append(Finding("vacuous-gate", proof_name(contract.id), message))
    subject = contents.predicate["subject"]
    facts = {"format": str(subject.get("format", "")), "architecture": str(subject.get("architecture", ""))}
    verdict = verdict_of(
        contract,
        outcomes,
        proof_valid=not problem,
        stale=stale,
        unregistered=is_unregistered,
        in_scope=contract.in_scope(**facts),
        others=reasons | cited_reasons(contract, verdicts),
    )
    return verdict, findings


def _taken_as_stated(entry: Mapping[str, Any]) -> set[Reason]:
    """A reason that only the dispatch could see: it blocks, so to take it on trust improves nothing."""
    return {Reason.SUBJECT_CHANGED} & {reason for reason in Reason if reason in entry["reasons"]}


def _outcomes(
    contents: Contents, contract: Contract, entry: Mapping[str, Any], criterion: str
) -> tuple[dict[str, RecordedOutcome], list[Finding]]:
    stated = {falsifier["falsifier"]: falsifier for falsifier in entry["falsifiers"]}
    findings = []
    if [falsifier["falsifier"] for falsifier in entry["falsifiers"]] != [f.id for f in contract.falsifiers]:
        message = "its falsifiers are not those of its contract, once each and in their order"
        findings.append(Finding("criterion-differs", contract.id, message))
    outcomes = {}
    for falsifier in contract.falsifiers:
        if falsifier.id not in stated:
            continue
        derived = derive_outcome(contents, contract, falsifier, criterion, stated[falsifier.id])
        findings += derived.findings
        if derived.record is not None:
            outcomes[falsifier.id] = derived.record
    return outcomes, findings


def _proof_problem(contents: Contents, contract: Contract, criterion: str, planted: str) -> str:
    name = proof_name(contract.id)
    data = contents.files.get(name)
    if data is None:
        return "there is no proof of non-vacuity"
    return recorded_problem(data, name, contract, criterion, planted, contents.inputs)


def _doubly_credited(contents: Contents) -> set[str]:
    """Contracts whose raw samples also stand under another criterion hash."""
    documents = [document for document in contents.measurements.values() if isinstance(document, dict)]
    return {
        str(document.get("contract"))
        for document in documents
        for other in documents
        if document.get("criterion") != other.get("criterion") and document.get("raw") == other.get("raw")
    }


def _verdict_findings(entry: Mapping[str, Any], verdict: Verdict) -> list[Finding]:
    derived: dict[str, Any] = {
        "verdict": str(verdict.verdict),
        "reasons": [str(reason) for reason in verdict.reasons],
        "in_scope": verdict.in_scope,
        "functional": verdict.functional,
    }
    if all(entry[key] == value for key, value in derived.items()):
        return []
    hidden = [reason for reason in verdict.reasons if reason not in entry["reasons"]]
    code = next((code for reason, code in _CODES.items() if reason in hidden), "verdict-differs")
    said = ", ".join([entry["verdict"], *entry["reasons"]])
    message = f"comes to {', '.join([derived['verdict'], *derived['reasons']])}, stated is {said}"
    return [Finding(code, entry["id"], message)]
