"""The baseline of a good subject: what the contract's own recording falsifiers measure of it."""

from __future__ import annotations

from pathlib import Path

from ...canonical import sha256_json
from ...contract import Contract, Falsifier
from ...evidence import describe_environment
from ...evidence.baseline import HOST_FACTS, Baseline, Record, write_baseline
from ..engine import Measurement, take_measurement
from ..trial import Trial
from ..worker_client import Start, start_fresh

KIND = "baseline"
_NO_BUNDLE = "0" * 64


def needs_baseline(falsifier: Falsifier) -> bool:
    """Whether a falsifier holds what it measures against an earlier measurement."""
    return KIND in falsifier.needs.artifact


def record_baseline(trial: Trial, contract: Contract, path: Path, *, start: Start = start_fresh) -> bool:
    """Write at `path` what those falsifiers of the contract that need no baseline measure of the subject.

    Whether one was written: of no measurement there is no baseline.
    """
    recording = [falsifier for falsifier in contract.falsifiers if not needs_baseline(falsifier)]
    found = [_record(trial, contract, falsifier, start) for falsifier in recording]
    records = tuple(record for record in found if record is not None)
    if records:
        environment = describe_environment()
        baseline = Baseline(
            bundle=f"falsify-{contract.id}",
            manifest_sha256=_NO_BUNDLE,
            started="1970-01-01T00:00:00Z",
            release=trial.release.id,
            registration={"id": trial.registration.id, "sha256": trial.registration_sha256},
            subject={"name": trial.subject.name, "sha256": trial.subject.digest},
            host={name: environment[name] for name in HOST_FACTS},
            records=records,
        )
        write_baseline(baseline, path)
    return bool(records)


def _record(trial: Trial, contract: Contract, falsifier: Falsifier, start: Start) -> Record | None:
    measured = take_measurement(trial, contract, falsifier, start=start)
    if not isinstance(measured, Measurement):
        return None
    document = measured.document
    return Record(
        id=contract.id,
        version=contract.version,
        criterion=document["criterion"],
        falsifier=falsifier.id,
        probe=falsifier.probe,
        parameters=document["with"],
        device=document["device"],
        quantities=measured.quantities,
        measurement_sha256=sha256_json(document),
        discharged=False,
    )
