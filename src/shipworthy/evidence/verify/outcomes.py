"""What each falsifier came to, by its raw samples and the contract in the bundle.

Where there are no samples the stated outcome is taken, if it is one that can be had without them: it never
passes, and its reason must be one that the contract admits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...contract import (
    Contract,
    Falsifier,
    MeasurementError,
    Outcome,
    Reason,
    RecordedOutcome,
    judge_falsifier,
    judge_values,
    quantities_of,
)
from ...contract.probes import PROBES, RETIRED
from ...contract.reasons import MISSING
from ..portable import portable
from .contents import Contents, measurement_name
from .finding import Finding
from .samples import samples_problem

KNOWN = {**PROBES, **RETIRED}

_REASONS = {
    Outcome.PASS: None,
    Outcome.FAIL: Reason.FALSIFIED,
    Outcome.INCONCLUSIVE: Reason.INCONCLUSIVE,
    Outcome.ERROR: Reason.ERROR,
}
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
SCHEMA = "shipworthy/measurement/1"
_BOUND = ("falsifier", "contract", "criterion", "registration", "probe", "with")
_KEYS = {"schema", *_BOUND, "probe_source", "subject", "artifacts", "device", "argv", "seconds", "raw"}


@dataclass(frozen=True)
class Derived:
    """The outcome as derived; None where the gate left none. `findings` say what was stated otherwise."""

    record: RecordedOutcome | None
    quantities: Mapping[str, Any]
    findings: tuple[Finding, ...]


def derive_outcome(
    contents: Contents, contract: Contract, falsifier: Falsifier, criterion: str, stated: Mapping[str, Any]
) -> Derived:
    """Judge one falsifier again and hold what the statement says of it against that."""
    cited = stated.get("measurement")
    problems = list(_stated_problems(contents, contract, falsifier, criterion, stated))
    if cited is None or problems:
        record, found = _without_samples(falsifier, stated)
        return Derived(record, {}, tuple(Finding(*p) for p in (*problems, *found)))
    document = contents.measurements[falsifier.id]
    if problem := _binding_problem(contents, contract, falsifier, criterion, document):
        record = RecordedOutcome(Outcome.ERROR, Reason.CANNOT_REDERIVE)
        return Derived(record, {}, (Finding(problem[0], measurement_name(falsifier.id), problem[1]),))
    return _judged(contents, falsifier, document, stated)


def _stated_problems(
    contents: Contents, contract: Contract, falsifier: Falsifier, criterion: str, stated: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """What is wrong with what the statement says of a falsifier before anything is derived."""
    expected = {
        "contract": contract.id,
        "criterion": criterion,
        "registration": contents.predicate["registration"]["sha256"],
        "subject": contents.predicate["subject"]["sha256"],
    }
    if stated["outcome"] is not None:
        for key, value in expected.items():
            if stated.get(key) != value:
                code = "foreign-subject" if key == "subject" else "foreign-outcome"
                return [(code, falsifier.id, f"its {key} is another than the statement's")]
    cited = stated.get("measurement")
    if cited is not None and (
        cited != measurement_name(falsifier.id) or falsifier.id not in contents.measurements
    ):
        return [("cited-file-absent", falsifier.id, f"cites {cited!r}, which is not there for it")]
    if cited is None and stated["outcome"] is not None and falsifier.id in contents.measurements:
        return [("measurement-uncited", falsifier.id, "was measured, and its outcome does not say so")]
    if cited is not None and falsifier.probe not in KNOWN:
        message = f"there is no probe {falsifier.probe} here to derive its quantities with"
        return [("cannot-rederive", falsifier.id, message)]
    return []


def _without_samples(
    falsifier: Falsifier, stated: Mapping[str, Any]
) -> tuple[RecordedOutcome | None, list[tuple[str, str, str]]]:
    found = [
        (f"{what}-differs", falsifier.id, f"states {what}, and there are no samples that say so")
        for what in ("quantities", "checks")
        if stated.get(what) and stated.get("measurement") is None
    ]
    if stated["outcome"] is None:
        return None, found
    outcome, reason = Outcome(stated["outcome"]), stated["reason"]
    if outcome not in (Outcome.UNMEASURABLE, Outcome.ERROR):
        message = f"is stated to be {outcome}, and there are no samples that say so"
        found.append(("cannot-rederive", falsifier.id, message))
        return RecordedOutcome(Outcome.ERROR, Reason.CANNOT_REDERIVE), found
    if reason not in set(Reason) or (outcome is Outcome.UNMEASURABLE and not _possible(falsifier, reason)):
        message = f"is stated to be {outcome} by {reason}, which its contract does not admit"
        found.append(("reason-impossible", falsifier.id, message))
        return RecordedOutcome(Outcome.ERROR, Reason.ERROR), found
    return RecordedOutcome(outcome, Reason(reason)), found


def _possible(falsifier: Falsifier, reason: str) -> bool:
    """Whether a falsifier can be unmeasurable for a reason: what it does not need cannot be missing."""
    artifacts = _artifact_kinds(falsifier)
    if reason == Reason.MISSING_HARDWARE:
        return bool(falsifier.needs.host or falsifier.limits.memory_bytes or "baseline" in artifacts)
    if reason == Reason.MISSING_ARTIFACT:
        return bool(artifacts)
    return reason in MISSING or reason == Reason.NOT_RUN


def _artifact_kinds(falsifier: Falsifier) -> set[str]:
    """What a falsifier is measured with beside its subject."""
    probe = KNOWN.get(falsifier.probe)
    return {*falsifier.needs.artifact, *(probe.artifacts if probe is not None else ())}


def _binding_problem(
    contents: Contents, contract: Contract, falsifier: Falsifier, criterion: str, document: Any
) -> tuple[str, str] | None:
    """Why a measurement is not one of this falsifier, criterion, registration and subject."""
    if not isinstance(document, dict) or not isinstance(document.get("raw"), dict):
        return "bad-measurement", "is no measurement"
    if problem := _form_problem(document):
        return "bad-measurement", problem
    expected = {
        "falsifier": falsifier.id,
        "contract": contract.id,
        "criterion": criterion,
        "registration": contents.predicate["registration"]["sha256"],
        "probe": falsifier.probe,
        "with": dict(falsifier.parameters),
    }
    for key in _BOUND:
        if document.get(key) != expected[key]:
            return "foreign-measurement", f"its {key} is not the one of {falsifier.id} in this bundle"
    subject = contents.predicate["subject"]
    # A name that is no text is kept as it is in a measurement, and as its escape in the statement.
    if portable(document.get("subject")) != {"name": subject["name"], "sha256": subject["sha256"]}:
        return "foreign-subject", "was measured on another subject"
    artifacts = document.get("artifacts")
    for kind in sorted(_artifact_kinds(falsifier)):
        named = artifacts.get(kind) if isinstance(artifacts, dict) else None
        if not isinstance(named, dict) or not _DIGEST.match(str(named.get("sha256"))):
            return "artifact-unnamed", f"does not say which {kind} it was measured with"
    return samples_problem(document, contents.predicate)


def _form_problem(document: Mapping[str, Any]) -> str:
    if unknown := sorted(document.keys() - _KEYS):
        return f"says {unknown[0]!r}, from which nothing is derived"
    if document.get("schema") != SCHEMA:
        return f"is not of the schema {SCHEMA}"
    argv = document.get("argv")
    return "" if isinstance(argv, list) and all(isinstance(word, str) for word in argv) else "has no argv"


def _judged(
    contents: Contents, falsifier: Falsifier, document: Mapping[str, Any], stated: Mapping[str, Any]
) -> Derived:
    where = falsifier.id
    if stated["outcome"] == Outcome.ERROR and not stated.get("checks") and stated["reason"] in set(Reason):
        # A gate that ran twice, or whose contract was stale: worse than its samples, and taken so.
        return Derived(RecordedOutcome(Outcome.ERROR, Reason(stated["reason"])), {}, ())
    probe, registered = KNOWN[falsifier.probe], contents.registration.facts()
    try:
        quantities = quantities_of(probe, document["raw"])
        judgement = judge_falsifier(falsifier, probe, document["raw"], quantities, registered)
    except MeasurementError as error:
        finding = Finding("cannot-rederive", measurement_name(where), error.message)
        return Derived(RecordedOutcome(Outcome.ERROR, Reason.ERROR), {}, (finding,))
    record = RecordedOutcome(judgement.outcome, _REASONS[judgement.outcome], failed=judgement.failed)
    findings = []
    if problem := _host_problem(contents, falsifier, document, quantities):
        findings.append(Finding("host-mismatch", measurement_name(where), problem))
        record = RecordedOutcome(Outcome.ERROR, Reason.HOST_MISMATCH)
    checks = [(c.quantity, c.constraint, c.found, c.outcome) for c in judgement.checks]
    pairs = {
        "quantities": (stated.get("quantities"), dict(quantities)),
        "checks": ([_check(entry) for entry in stated.get("checks", ())], [list(check) for check in checks]),
        "outcome": (stated["outcome"], record.outcome),
        "reason": (stated["reason"], record.reason),
    }
    for what, (said, derived) in pairs.items():
        if portable(said) != portable(derived):
            message = f"the {what} that its samples give is {_short(derived)}, stated is {_short(said)}"
            findings.append(Finding(f"{what}-differs", where, message))
            break
    return Derived(record, quantities, tuple(findings))


def _check(entry: Mapping[str, Any]) -> list[Any]:
    return [entry.get(key) for key in ("quantity", "constraint", "found", "outcome")]


def _host_problem(
    contents: Contents, falsifier: Falsifier, document: Mapping[str, Any], quantities: Mapping[str, Any]
) -> str:
    """Why the recorded device is not one of the host that the falsifier needs, if it needs one."""
    device = document.get("device")
    if not isinstance(device, dict):
        return "does not say on what it was measured"
    if falsifier.needs.host is None:
        return "" if device == {"device": "cpu"} else "names a device, and its falsifier needs none"
    host = contents.catalogue.hosts.get(falsifier.needs.host)
    if host is None:
        return f"needs the host {falsifier.needs.host}, whose file is not in the bundle"
    for recorded in (device.get("device"), quantities.get("device", host.device)):
        if recorded != host.device:
            return f"was measured on {recorded!r}, and {host.id} is a {host.device} host"
    if host.expect and judge_values(host.expect, device, None, {}).outcome is not Outcome.PASS:
        return f"was measured on a device that is not {host.title}"
    return ""


def _short(value: Any) -> str:
    text = repr(value if not isinstance(value, Outcome | Reason) else str(value))
    return text if len(text) <= 80 else f"{text[:77]}..."
