"""One falsifier on one trial: is it measurable here, measure it, derive its quantities, judge them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from filelock import FileLock

from ..canonical import content_sha256
from ..contract import (
    Contract,
    Falsifier,
    Judgement,
    MeasurementError,
    Outcome,
    Reason,
    judge_falsifier,
    quantities_of,
    wants_extension,
)
from ..contract.failure_line import render_message
from ..contract.probes import PROBES
from ..contract.reasons import MISSING
from ..errors import ShipworthyError
from .artifacts import provide
from .host import check_host
from .memory import too_large
from .provenance import probe_source
from .trial import Trial
from .worker_client import Start, WorkerResult, run_worker, start_fresh

MEASUREMENT_SCHEMA = "shipworthy/measurement/1"


@dataclass(frozen=True)
class Measurement:
    """Strict JSON of what was measured, and the quantities derived from it."""

    document: Mapping[str, Any]
    quantities: Mapping[str, Any]


@dataclass(frozen=True)
class Unmeasured:
    """Why there is no measurement: UNMEASURABLE or ERROR, the reason for the verdict, what was found."""

    outcome: Outcome
    reason: Reason
    detail: str


@dataclass(frozen=True)
class Result:
    """The outcome of a falsifier as it is recorded."""

    falsifier: str
    contract: str
    criterion: str
    registration: str
    subject: str
    outcome: Outcome
    reason: Reason | None
    detail: str
    quantities: Mapping[str, Any]
    checks: tuple[Mapping[str, Any], ...]

    @property
    def failed(self) -> frozenset[str]:
        """The quantities that failed."""
        return frozenset(check["quantity"] for check in self.checks if check["outcome"] == Outcome.FAIL)

    def to_json(self) -> dict[str, Any]:
        """As the per-gate file and the bundle keep it."""
        return asdict(self)


_REASONS = {
    Outcome.PASS: None,
    Outcome.FAIL: Reason.FALSIFIED,
    Outcome.INCONCLUSIVE: Reason.INCONCLUSIVE,
    Outcome.ERROR: Reason.ERROR,
    Outcome.UNMEASURABLE: Reason.MISSING_ARTIFACT,
}


def take_measurement(
    trial: Trial, contract: Contract, falsifier: Falsifier, *, start: Start = start_fresh
) -> Measurement | Unmeasured:
    """Measure a subject in scope where the falsifier's host and artifacts are there; never anything else."""
    subject = trial.subject
    if not contract.in_scope(format=subject.format, architecture=subject.architecture):
        detail = f"out of scope: {subject.format} of architecture {subject.architecture!r}"
        return Unmeasured(Outcome.UNMEASURABLE, Reason.NOT_RUN, detail)
    device: Mapping[str, Any] = {"device": "cpu"}
    host = trial.catalogue.hosts[falsifier.needs.host] if falsifier.needs.host else None
    if host is not None:
        answer = check_host(host)
        if answer.outcome is not Outcome.PASS:
            missing = answer.outcome is Outcome.UNMEASURABLE
            return Unmeasured(
                answer.outcome, Reason.MISSING_HARDWARE if missing else Reason.ERROR, answer.detail
            )
        device = answer.facts
    if detail := too_large(subject.path, falsifier):
        return Unmeasured(Outcome.UNMEASURABLE, Reason.MISSING_HARDWARE, detail)
    try:
        artifacts = {kind: provide(trial, falsifier, kind) for kind in _artifact_kinds(falsifier)}
    except ShipworthyError as error:
        return Unmeasured(Outcome.ERROR, Reason.ERROR, str(error))
    for kind, path in artifacts.items():
        if path is None:
            detail = f"the {kind} that it needs is not attached (--artifact {kind}=PATH)"
            return Unmeasured(Outcome.UNMEASURABLE, Reason.MISSING_ARTIFACT, detail)
    there = {kind: path for kind, path in artifacts.items() if path is not None}
    measured = _measure(trial, contract, falsifier, there, device, start)
    if isinstance(measured, Measurement) and host is not None:
        recorded = measured.quantities.get("device", host.device)
        if recorded != host.device:
            detail = f"it was measured on {recorded}, and {host.id} is a {host.device} host"
            return Unmeasured(Outcome.ERROR, Reason.HOST_MISMATCH, detail)
    return measured


def _artifact_kinds(falsifier: Falsifier) -> list[str]:
    probe = PROBES[falsifier.probe]
    return sorted({*falsifier.needs.artifact, *probe.artifacts})


def _measure(
    trial: Trial,
    contract: Contract,
    falsifier: Falsifier,
    artifacts: Mapping[str, Path],
    device: Mapping[str, Any],
    start: Start,
) -> Measurement | Unmeasured:
    probe = PROBES[falsifier.probe]
    log = trial.workdir / "logs" / f"{falsifier.id}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    request = {
        "probe": falsifier.probe,
        "subject": str(trial.subject.path.resolve()),
        "artifacts": {kind: str(path.resolve()) for kind, path in artifacts.items()},
        "with": {name: _request_value(trial, value) for name, value in falsifier.parameters.items()},
        "log": str(log.resolve()),
    }

    def take(**more: Any) -> WorkerResult:
        return run_worker(
            {**request, **more},
            # Of this process alone: another that runs the same gate must not take away its samples.
            output=trial.workdir / f"{falsifier.id}.{os.getpid()}.raw.json",
            log=log,
            seconds=falsifier.limits.seconds,
            memory_bytes=falsifier.limits.memory_bytes,
            start=start,
        )

    def document(raw: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        return {
            "schema": MEASUREMENT_SCHEMA,
            "falsifier": falsifier.id,
            "contract": contract.id,
            "criterion": trial.criterion(contract),
            "registration": trial.registration_sha256,
            "probe": falsifier.probe,
            "probe_source": probe_source(falsifier.probe),
            "with": dict(falsifier.parameters),
            "subject": {"name": trial.subject.name, "sha256": trial.subject.digest},
            "artifacts": {
                kind: {"name": path.name, "sha256": content_sha256(path)} for kind, path in artifacts.items()
            },
            "device": dict(device),
            "argv": ["python", "-m", "shipworthy.gate.worker"],
            "seconds": round(seconds, 3),
            "raw": raw,
        }

    alone = (
        FileLock(Path(gettempdir()) / "shipworthy-alone.lock") if falsifier.limits.alone else nullcontext()
    )
    with alone:
        result = take()
        if result.raw is None:
            return _without_samples(result)
        first = derive(document(result.raw, result.seconds))
        if (
            isinstance(first, Unmeasured)
            or probe.extension is None
            or not wants_extension(falsifier, probe, first.quantities, trial.registration.facts())
        ):
            return first
        # Declared before anything was measured, once, and whatever it gives counts.
        more = take(earlier=result.raw)
    if more.raw is None:
        return _without_samples(more)
    if probe.extension.first(more.raw) != result.raw:
        detail = "the probe broke: its extension changed earlier samples"
        return Unmeasured(Outcome.ERROR, Reason.ERROR, detail)
    return derive(document(more.raw, result.seconds + more.seconds))


def _without_samples(result: WorkerResult) -> Unmeasured:
    if result.missing in MISSING:
        return Unmeasured(Outcome.UNMEASURABLE, Reason(result.missing), result.error)
    return Unmeasured(Outcome.ERROR, Reason.ERROR, f"the probe broke: {result.error}")


def derive(document: Mapping[str, Any]) -> Measurement | Unmeasured:
    """The quantities of a measurement, from its raw samples alone."""
    try:
        return Measurement(document, quantities_of(PROBES[document["probe"]], document["raw"]))
    except MeasurementError as error:
        return Unmeasured(Outcome.ERROR, Reason.ERROR, str(error))


def _request_value(trial: Trial, value: Any) -> Any:
    if isinstance(value, Mapping) and set(value) == {"data"}:
        data = trial.catalogue.data[value["data"]]
        return {"path": str(data.path.resolve()), "sha256": data.sha256}
    return value


def judge_measurement(
    trial: Trial, contract: Contract, falsifier: Falsifier, measured: Measurement | Unmeasured
) -> Result:
    """Hold what was measured against what the contract expects."""
    if isinstance(measured, Unmeasured):
        return _result(trial, contract, falsifier, measured.outcome, measured.reason, measured.detail)
    try:
        judgement = judge_falsifier(
            falsifier,
            PROBES[falsifier.probe],
            measured.document["raw"],
            measured.quantities,
            trial.registration.facts(),
        )
    except MeasurementError as error:
        return _result(trial, contract, falsifier, Outcome.ERROR, Reason.ERROR, str(error))
    return Result(
        falsifier=falsifier.id,
        contract=contract.id,
        criterion=trial.criterion(contract),
        registration=trial.registration_sha256,
        subject=trial.subject.digest,
        outcome=judgement.outcome,
        reason=_REASONS[judgement.outcome],
        detail=_detail(falsifier, measured, judgement),
        quantities=measured.quantities,
        checks=tuple(asdict(check) for check in judgement.checks),
    )


def _detail(falsifier: Falsifier, measured: Measurement, judgement: Judgement) -> str:
    if judgement.outcome is Outcome.PASS:
        return ""
    broken = "; ".join(c.message for c in judgement.checks if c.outcome is not Outcome.PASS)
    line = render_message(falsifier.message, measured.quantities) if falsifier.message else None
    return f"{line} ({broken})" if line else broken


def _result(
    trial: Trial,
    contract: Contract,
    falsifier: Falsifier,
    outcome: Outcome,
    reason: Reason | None,
    detail: str,
) -> Result:
    return Result(
        falsifier=falsifier.id,
        contract=contract.id,
        criterion=trial.criterion(contract),
        registration=trial.registration_sha256,
        subject=trial.subject.digest,
        outcome=outcome,
        reason=reason,
        detail=detail,
        quantities={},
        checks=(),
    )


def run_falsifier(
    trial: Trial, contract: Contract, falsifier: Falsifier, *, start: Start = start_fresh
) -> Result:
    """Measure and judge in one step."""
    measured = take_measurement(trial, contract, falsifier, start=start)
    return judge_measurement(trial, contract, falsifier, measured)
