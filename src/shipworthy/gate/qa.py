"""The qa battery on one checkpoint: every gate of it by name, run once, and the verdicts that it cites.

A look, and no evidence: `dispatch` runs the same gates for a release and leaves a bundle.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..contract import Catalogue, Contract, Falsifier, Outcome, RecordedOutcome, Release, Verdict, verdict_of
from ..contract.proof import proof_problem
from ..errors import UsageError
from .engine import Result, run_falsifier
from .trial import Trial, identify, load_contracts, registration_of

BATTERY = "AC-SHIP2-006"
NOT_RUN = "not_run"


@dataclass(frozen=True)
class Row:
    """One gate of a battery: a falsifier of its own with its outcome, or a criterion with its verdict.

    `reasons` is empty if and only if it passed.
    """

    name: str
    title: str
    cited: bool
    found: str
    reasons: tuple[str, ...]
    detail: str
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether it is PASS, or DISCHARGED."""
        return not self.reasons

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "passed": self.passed}


Progress = Callable[[Row, int, int], None]
"""Takes a row, its number, and how many there are."""


def run_battery(
    subject: Path,
    battery: str = BATTERY,
    *,
    artifacts: Mapping[str, Path] | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Run the falsifiers of a battery and of each criterion that it cites, each once.

    Raises UsageError for a contract that is no active battery, and for a subject of no registration;
    FileError for one that cannot be read.
    """
    catalogue = load_contracts()
    contract = _battery(catalogue, battery)
    identified = identify(subject)
    registration = registration_of(subject, catalogue)
    release = Release(
        id=f"{registration.id}-qa",
        title=f"The battery {contract.id} on {registration.id}",
        demo=True,
        registration=registration.id,
        weights=dict.fromkeys((contract.id, *contract.all_of), 0),
        document=registration.document,
    )
    rows: list[Row] = []
    count = len(contract.falsifiers) + len(contract.all_of)
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        trial = Trial(identified, catalogue, release, registration, dict(artifacts or {}), Path(folder))
        for row in _rows(trial, contract):
            rows.append(row)
            if progress is not None:
                progress(row, len(rows), count)
    return rows


def _battery(catalogue: Catalogue, name: str) -> Contract:
    known = {c.id: c for c in catalogue.contracts.values() if c.battery and c.compiles}
    if name not in known:
        raise UsageError(
            "no-such-battery",
            f"there is no active battery {name!r}",
            where="--battery",
            fix=f"choose one of {', '.join(known) or '(there is none)'}",
        )
    return known[name]


def _rows(trial: Trial, contract: Contract) -> Iterator[Row]:
    for falsifier in contract.falsifiers:
        started = time.monotonic()
        result = run_falsifier(trial, contract, falsifier)
        yield _measured(falsifier, result, time.monotonic() - started)
    for member in contract.all_of:
        yield _cited(trial, trial.catalogue.contracts[member])


def _measured(falsifier: Falsifier, result: Result, seconds: float) -> Row:
    blocked = result.outcome is not Outcome.PASS
    return Row(
        name=falsifier.id,
        title=falsifier.probe,
        cited=False,
        found=str(result.outcome),
        reasons=(str(result.reason or "error"),) if blocked else (),
        detail=result.detail,
        seconds=seconds,
    )


def _cited(trial: Trial, contract: Contract) -> Row:
    if not contract.compiles:
        detail = f"it is {contract.state}: it has no gate"
        return Row(contract.id, contract.title, True, "BLOCKED", (NOT_RUN,), detail, 0.0)
    started = time.monotonic()
    results = [run_falsifier(trial, contract, falsifier) for falsifier in contract.falsifiers]
    verdict = _verdict(trial, contract, results)
    details = [result.detail for result in results if result.detail]
    if problem := proof_problem(trial.catalogue, contract):
        details.append(problem)
    return Row(
        name=contract.id,
        title=contract.title,
        cited=True,
        found=str(verdict.verdict),
        reasons=tuple(str(reason) for reason in verdict.reasons),
        detail="; ".join(details),
        seconds=time.monotonic() - started,
    )


def _verdict(trial: Trial, contract: Contract, results: list[Result]) -> Verdict:
    subject = trial.subject
    return verdict_of(
        contract,
        {r.falsifier: RecordedOutcome(r.outcome, r.reason, failed=r.failed) for r in results},
        proof_valid=not proof_problem(trial.catalogue, contract),
        in_scope=contract.in_scope(format=subject.format, architecture=subject.architecture),
    )
