"""What a probe needs and this machine has not is UNMEASURABLE for its reason: no ERROR, and never a PASS."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Outcome, Reason
from shipworthy.errors import NotMeasurable
from shipworthy.gate import worker
from shipworthy.gate.engine import run_falsifier
from shipworthy.gate.trial import make_trial
from shipworthy.pipeline.isolation import IsolationMissing


@pytest.mark.parametrize(
    "missing",
    [
        IsolationMissing("there is too little of it"),
        NotMeasurable("missing_hardware", "small", "there is too little of it"),
    ],
)
def test_a_worker_says_what_is_missing(
    missing: NotMeasurable, fixture_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: Any) -> None:
        raise missing

    monkeypatch.setattr(worker, "measure", refuses)
    request = {"probe": "p@1", "subject": str(fixture_llama), "artifacts": {}, "with": {}, "log": "log"}
    assert worker.answer(request) == {"error": str(missing), "missing": missing.reason}


@pytest.mark.parametrize(
    ("missing", "outcome", "reason"),
    [
        ("missing_isolation", Outcome.UNMEASURABLE, Reason.MISSING_ISOLATION),
        ("missing_hardware", Outcome.UNMEASURABLE, Reason.MISSING_HARDWARE),
        ("", Outcome.ERROR, Reason.ERROR),
        ("waived", Outcome.ERROR, Reason.ERROR),  # no reason for which something can be missing
    ],
)
def test_the_engine_keeps_the_reason(
    missing: str, outcome: Outcome, reason: Reason, catalogue: Catalogue, fixture_llama: Path, tmp_path: Path
) -> None:
    def start(request: Mapping[str, Any], output: Path, log: Path) -> subprocess.Popen[bytes]:
        answer = json.dumps({"error": "there is too little of it", "missing": missing})
        return subprocess.Popen([sys.executable, "-c", f"open({str(output)!r}, 'w').write({answer!r})"])

    contract = catalogue.contracts["C-03"]
    trial = make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)
    result = run_falsifier(trial, contract, contract.falsifiers[0], start=start)
    assert (result.outcome, result.reason) == (outcome, reason)
    assert "there is too little of it" in result.detail
