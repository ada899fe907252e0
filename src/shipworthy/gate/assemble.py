"""From the files that the gates left to one bundle: outcomes, verdicts, and everything they rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import __version__
from ..canonical import sha256_bytes
from ..contract import (
    Contract,
    Outcome,
    Reason,
    RecordedOutcome,
    Verdict,
    cited_reasons,
    compound_verdict,
    gate_filename,
    planted_digest,
    registration_digest,
    verdict_of,
)
from ..contract.proof import proof_path, proof_problem
from ..contract.reasons import MISSING
from ..errors import FileError, UsageError
from ..evidence import bundle_name, describe_environment, json_bytes, make_statement
from ..evidence.binding import UNSIGNED
from ..evidence.ledger import record_bundle
from ..evidence.signing import bound_files
from .collect import read_logs, read_measurements, read_outcomes
from .trial import Trial, identify


@dataclass(frozen=True)
class Allowed:
    """A criterion that a dispatch may leave blocked for one reason. Recorded; ignored by sign-off."""

    criterion: str
    reason: str


def parse_allowed(pairs: Sequence[str]) -> tuple[Allowed, ...]:
    """`ID=reason` pairs of the command line. Raises UsageError."""
    allowed = []
    for pair in pairs:
        criterion, separator, reason = pair.partition("=")
        if not separator or reason not in MISSING:
            raise UsageError(
                "bad-allowance",
                f"{pair!r} is not CRITERION=REASON",
                where="--allow-blocked",
                fix=f"only what is not there can be allowed: {', '.join(sorted(MISSING))}",
            )
        allowed.append(Allowed(criterion, reason))
    return tuple(allowed)


@dataclass(frozen=True)
class Session:
    """What a dispatch knows at its end beside the files in the trial's work directory."""

    trial: Trial
    started: datetime
    allowed: tuple[Allowed, ...]
    stale: Mapping[str, str]
    information: Mapping[str, Any]


def assemble(session: Session, evidence: Path) -> Path:
    """Write the bundle of a dispatch, record it in the ledger, and return where it lies."""
    trial = session.trial
    outcomes = read_outcomes(trial.workdir / "outcomes")
    measurements = read_measurements(trial.workdir / "measurements")
    at_end = _digest_now(trial)
    verdicts = _verdicts(session, outcomes, measurements, at_end)
    criteria = [
        _criterion(session, contract, verdicts[contract.id], outcomes, measurements)
        for contract in trial.contracts
    ]
    predicate = {
        "tool": {"name": "shipworthy", "version": __version__},
        "signature": UNSIGNED,
        "started": session.started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "release": {
            "id": trial.release.id,
            "title": trial.release.title,
            "demo": trial.release.demo,
            "weights": [{"criterion": name, "weight": w} for name, w in trial.release.weights.items()],
        },
        "registration": {"id": trial.registration.id, "sha256": trial.registration_sha256},
        "subject": {
            "name": trial.subject.name,
            "format": trial.subject.format,
            "architecture": trial.subject.architecture,
            "sha256": trial.subject.digest,
            "at_end": at_end,
            "unregistered": list(trial.unregistered),
            **({} if trial.found is None else {"found": trial.found.to_json()}),
        },
        "inputs": {
            "data": {name: file.sha256 for name, file in sorted(trial.catalogue.data.items())},
            "registrations": {
                name: registration_digest(found)
                for name, found in sorted(trial.catalogue.registrations.items())
            },
        },
        "criteria": criteria,
        "not_written": [name for name in trial.release.weights if name not in verdicts],
        "drafts": [contract.id for contract in trial.drafts],
        "allowed_blocked": [{"criterion": a.criterion, "reason": a.reason} for a in session.allowed],
        "information": _information(session.information),
    }
    statement = make_statement(trial.subject.name, trial.subject.digest, predicate)
    files = {
        "environment.json": json_bytes(describe_environment()),
        **_sources(trial),
        **{f"measurements/{name}.json": json_bytes(document) for name, document in measurements.items()},
        **{f"logs/{name}": data for name, data in read_logs(trial).items()},
    }
    if run := session.information.get("run"):
        files["run.json"] = json_bytes(run)
    name = bundle_name(session.started, trial.subject.digest)
    return record_bundle(evidence, name, bound_files(statement, files))


def verdicts_so_far(session: Session) -> dict[str, Verdict]:
    """The verdicts on what the gates have left until now, which a compound gate reads."""
    workdir = session.trial.workdir
    outcomes, measurements = read_outcomes(workdir / "outcomes"), read_measurements(workdir / "measurements")
    return _verdicts(session, outcomes, measurements, _digest_now(session.trial))


def _verdicts(
    session: Session, outcomes: Mapping[str, Any], measurements: Mapping[str, Any], at_end: str | None
) -> dict[str, Verdict]:
    """The verdict of each active criterion of the release; compounds read those of the others.

    `at_end` is the digest of the subject by now: one that is not the one that was opened blocks every one.
    """
    whole_dispatch = set() if at_end == session.trial.subject.digest else {Reason.SUBJECT_CHANGED}
    doubled = _doubly_credited(measurements)
    verdicts: dict[str, Verdict] = {}
    for contract in sorted(
        session.trial.contracts, key=lambda contract: (contract.compound, contract.battery)
    ):
        others = whole_dispatch | _foreign(session.trial, contract, outcomes, measurements)
        if contract.id in doubled:
            others.add(Reason.DOUBLE_CREDIT)
        verdicts[contract.id] = _verdict(session, contract, outcomes, verdicts, others)
    return verdicts


def _digest_now(trial: Trial) -> str | None:
    """The subject's digest as it lies there now; None where it no longer opens."""
    try:
        return identify(trial.subject.path).digest
    except FileError:
        return None


def _foreign(
    trial: Trial, contract: Contract, outcomes: Mapping[str, Any], measurements: Mapping[str, Any]
) -> set[Reason]:
    """What a gate left must speak of the criterion, registration and subject that the controller sees."""
    reasons = set()
    for falsifier in contract.falsifiers:
        bound = [
            (found["criterion"], found["registration"], found["subject"])
            for found in (outcomes.get(falsifier.id),)
            if found is not None
        ]
        if (document := measurements.get(falsifier.id)) is not None:
            bound.append((document["criterion"], document["registration"], document["subject"]["sha256"]))
        for criterion, registration, subject in bound:
            if subject != trial.subject.digest:
                reasons.add(Reason.SUBJECT_CHANGED)
            if criterion != trial.criterion(contract) or registration != trial.registration_sha256:
                reasons.add(Reason.STALE_CONTRACT)
    return reasons


def _doubly_credited(measurements: Mapping[str, Any]) -> set[str]:
    """Contracts whose raw samples also stand under another criterion hash."""
    holders: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for document in measurements.values():
        # Raw samples can hold integers and half surrogates that RFC 8785 refuses.
        holders[sha256_bytes(json_bytes(document["raw"]))].add((document["criterion"], document["contract"]))
    return {
        contract
        for found in holders.values()
        if len({criterion for criterion, _ in found}) > 1
        for _, contract in found
    }


def _verdict(
    session: Session,
    contract: Contract,
    outcomes: Mapping[str, Any],
    verdicts: Mapping[str, Verdict],
    others: set[Reason],
) -> Verdict:
    trial = session.trial
    stale = gate_filename(contract) in session.stale
    unregistered = bool(trial.unregistered)
    if contract.compound:
        return compound_verdict(contract, verdicts, stale=stale, unregistered=unregistered, others=others)
    subject = trial.subject
    others = others | cited_reasons(contract, verdicts)
    return verdict_of(
        contract,
        {f.id: _recorded(outcomes[f.id]) for f in contract.falsifiers if f.id in outcomes},
        proof_valid=not proof_problem(trial.catalogue, contract),
        stale=stale,
        unregistered=unregistered,
        in_scope=contract.in_scope(format=subject.format, architecture=subject.architecture),
        others=others,
    )


def _recorded(result: Mapping[str, Any]) -> RecordedOutcome:
    failed = {check["quantity"] for check in result["checks"] if check["outcome"] == Outcome.FAIL}
    return RecordedOutcome(
        outcome=Outcome(result["outcome"]),
        reason=Reason(result["reason"]) if result["reason"] else None,
        failed=frozenset(failed),
    )


def _criterion(
    session: Session,
    contract: Contract,
    verdict: Verdict,
    outcomes: Mapping[str, Any],
    measurements: Mapping[str, Any],
) -> dict[str, Any]:
    trial = session.trial
    problem = "" if contract.compound else proof_problem(trial.catalogue, contract)
    return {
        "id": contract.id,
        "version": contract.version,
        "title": contract.title,
        "criterion": trial.criterion(contract),
        "verdict": verdict.verdict,
        "reasons": list(verdict.reasons),
        "in_scope": verdict.in_scope,
        "functional": verdict.functional,
        "stale": session.stale.get(gate_filename(contract), ""),
        "proof": {"valid": not problem, "problem": problem, "planted": planted_digest(contract)},
        "falsifiers": [
            {
                **outcomes[falsifier.id],
                "measurement": f"measurements/{falsifier.id}.json" if falsifier.id in measurements else None,
            }
            if falsifier.id in outcomes
            else {"falsifier": falsifier.id, "outcome": None, "reason": Reason.NOT_RUN, "detail": "not run"}
            for falsifier in contract.falsifiers
        ],
    }


def _information(information: Mapping[str, Any]) -> dict[str, Any]:
    """Figures that inform and judge nothing: the bench of the recipe, on the device it names."""
    bench = information.get("bench")
    return {} if bench is None else {"bench": bench}


def _sources(trial: Trial) -> dict[str, bytes]:
    """Contracts, registration, hosts, release and proofs that the verdicts were made by, byte for byte."""
    files = {
        "registration.yaml": trial.registration.document.data,
        "release.yaml": trial.release.document.data,
    }
    hosts = {f.needs.host for contract in trial.contracts for f in contract.falsifiers} - {None}
    for host in sorted(name for name in hosts if name is not None):
        name = "host.yaml" if len(hosts) == 1 else f"host-{host}.yaml"
        files[name] = trial.catalogue.hosts[host].document.data
    for contract in trial.contracts:
        files[f"contracts/{contract.document.path.name}"] = contract.document.data
        proof = proof_path(trial.catalogue, contract)
        if proof.exists():
            files[f"contracts/proofs/{proof.name}"] = proof.read_bytes()
    return files
