"""The object that a compiled gate is handed: it measures once, judges once, and records what came out."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ..atomic import write_bytes
from ..contract import Contract, Falsifier, Outcome, Reason
from ..errors import visible
from ..evidence import json_bytes
from .collect import BEGUN, without_places
from .engine import Measurement, Result, Unmeasured, judge_measurement, take_measurement
from .trial import Trial


class Gate:
    """One falsifier of one contract on one trial."""

    def __init__(self, trial: Trial, contract: Contract, falsifier: Falsifier, stale: str) -> None:
        self._trial = trial
        self._contract = contract
        self._falsifier = falsifier
        self._stale = stale
        self._run = secrets.token_hex(8)
        self._measured = 0
        self._judged = 0
        # Before anything can break: a run without an outcome is a run all the same.
        write_bytes(self._place(BEGUN), b"", durable=False)

    def measure(self, probe: str, **parameters: Any) -> Measurement:
        """Take the measurement. Fails the test where there is none, and says why."""
        self._measured += 1
        if self._stale:
            self._stop(Outcome.ERROR, Reason.STALE_CONTRACT, self._stale)
        if self._measured > 1:
            self._stop(Outcome.ERROR, Reason.ERROR, "the gate measured more than once")
        if probe != self._falsifier.probe or parameters != dict(self._falsifier.parameters):
            self._stop(
                Outcome.ERROR, Reason.STALE_CONTRACT, "the gate asks for what its contract does not say"
            )
        measured = take_measurement(self._trial, self._contract, self._falsifier)
        if isinstance(measured, Unmeasured):
            self._stop(measured.outcome, measured.reason, measured.detail)
        name = f"{self._falsifier.id}.json"
        write_bytes(self._trial.workdir / "measurements" / name, json_bytes(measured.document))
        return measured

    def expect(self, measurement: Measurement, expect: Mapping[str, Any]) -> None:
        """Judge the measurement. Everything but PASS fails the test."""
        self._judged += 1
        if self._judged > 1:
            self._stop(Outcome.ERROR, Reason.ERROR, "the gate judged more than once")
        result = judge_measurement(self._trial, self._contract, self._falsifier, measurement)
        self._record(result)
        if result.outcome is not Outcome.PASS:
            pytest.fail(visible(f"{result.outcome}: {result.detail}"), pytrace=False)

    def _stop(self, outcome: Outcome, reason: Reason, detail: str) -> NoReturn:
        missing = Unmeasured(outcome, reason, detail)
        result = judge_measurement(self._trial, self._contract, self._falsifier, missing)
        self._record(result)
        pytest.fail(visible(f"{result.outcome}: {result.detail}"), pytrace=False)

    def _record(self, result: Result) -> None:
        document = {**result.to_json(), "detail": without_places(result.detail, self._trial)}
        write_bytes(self._place(".json"), json_bytes(document))

    def _place(self, suffix: str) -> Path:
        return self._trial.workdir / "outcomes" / self._falsifier.id / f"{self._run}{suffix}"


class CompoundGate:
    """A gate that measures nothing and reads the verdicts of the same dispatch."""

    def __init__(self, verdicts: Mapping[str, str]) -> None:
        self._verdicts = verdicts

    def all_of(self, criteria: Sequence[str]) -> None:
        """Fail the test unless there are criteria and every one is DISCHARGED."""
        blocked = [name for name in criteria if self._verdicts.get(name) != "DISCHARGED"]
        if blocked or not criteria:
            pytest.fail(f"FAIL: not DISCHARGED: {', '.join(blocked) or 'an empty list'}", pytrace=False)
