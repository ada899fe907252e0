"""More runs are taken once, where a contract declares it and the first leave the verdict open; never else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shipworthy.canonical import strict_loads
from shipworthy.contract import Catalogue, Contract, Falsifier, Needs, Outcome, Reason
from shipworthy.gate.engine import Measurement, Result, derive, judge_measurement, take_measurement
from shipworthy.gate.trial import Trial, make_trial
from shipworthy.gate.worker_client import Running

ANSWER = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"


class Recorded:
    """Workers that give recorded samples, and behind them as many again; `asked` says what each was asked."""

    def __init__(self, raw: dict[str, Any], *, slower: float = 1.0, spoil: bool = False) -> None:
        self.raw, self.slower, self.spoil = raw, slower, spoil
        self.asked: list[bool] = []

    def start(self, request: Mapping[str, Any], output: Path, log: Path) -> Running:
        self.asked.append("earlier" in request)
        raw = deepcopy(self.raw)
        if "earlier" in request:
            assert request["earlier"] == self.raw
            for run in deepcopy(self.raw["runs"]):
                run.update(extension=1, process=f"{run['process']}-more")
                for sample in run["samples"]:
                    sample["seconds"] *= self.slower
                raw["runs"].append(run)
            if self.spoil:
                raw["runs"][0]["samples"][0]["seconds"] *= 0.5
        return subprocess.Popen([sys.executable, "-c", ANSWER, str(output), json.dumps({"raw": raw})])


@pytest.fixture
def raw(catalogue: Catalogue) -> dict[str, Any]:
    found: dict[str, Any] = strict_loads(catalogue.data["fixture-throughput"].path.read_bytes())["raw"]
    return found


@pytest.fixture
def contract(catalogue: Catalogue) -> Contract:
    return catalogue.contracts["AC-SHIP2-010"]


@pytest.fixture
def trial(catalogue: Catalogue, fixture_llama: Path, tmp_path: Path) -> Trial:
    return make_trial(fixture_llama, catalogue=catalogue, release="model-2", artifacts={}, workdir=tmp_path)


def with_floor(contract: Contract, floor: float, **change: Any) -> Falsifier:
    """The falsifier with another floor, measurable on a CPU."""
    (falsifier,) = contract.falsifiers
    expect = {**falsifier.expect, "tokens_per_second": {"minimum": floor}}
    return replace(falsifier, **{"expect": expect, "needs": Needs(), **change})


def between(raw: Mapping[str, Any]) -> float:
    """A floor that the recorded samples leave open."""
    rates = [[s["tokens"] / s["seconds"] for s in run["samples"]] for run in raw["runs"]]
    return (min(map(min, rates)) + min(map(max, rates))) / 2


def judged(trial: Trial, contract: Contract, falsifier: Falsifier, workers: Recorded) -> Result:
    measured = take_measurement(trial, contract, falsifier, start=workers.start)
    return judge_measurement(trial, contract, falsifier, measured)


@pytest.mark.parametrize(("floor", "outcome"), [(1.0, Outcome.PASS), (1.0e6, Outcome.FAIL)])
def test_runs_that_decide_are_not_extended(
    trial: Trial, contract: Contract, raw: dict[str, Any], floor: float, outcome: Outcome
) -> None:
    workers = Recorded(raw)
    result = judged(trial, contract, with_floor(contract, floor), workers)
    assert (result.outcome, workers.asked) == (outcome, [False])
    assert result.quantities["extensions"] == 0


@pytest.mark.parametrize(
    ("slower", "outcome"), [(1.0, Outcome.INCONCLUSIVE), (0.5, Outcome.INCONCLUSIVE), (9.0, Outcome.FAIL)]
)
def test_open_runs_are_extended_once_and_all_count(
    trial: Trial, contract: Contract, raw: dict[str, Any], slower: float, outcome: Outcome
) -> None:
    """Six runs in which every low end must clear the floor: more runs never turn an open verdict to PASS."""
    workers = Recorded(raw, slower=slower)
    falsifier = with_floor(contract, between(raw))
    expect = {name: bound for name, bound in falsifier.expect.items() if name != "runs_differ"}
    result = judged(trial, contract, replace(falsifier, expect=expect), workers)
    assert (result.outcome, workers.asked) == (outcome, [False, True])
    assert (result.quantities["runs"], result.quantities["extension_runs"]) == (3, 3)


def test_an_extension_that_no_contract_declares_is_not_taken(
    trial: Trial, contract: Contract, raw: dict[str, Any]
) -> None:
    (falsifier,) = contract.falsifiers
    parameters = {name: value for name, value in falsifier.parameters.items() if name != "extension"}
    workers = Recorded(raw)
    result = judged(trial, contract, with_floor(contract, between(raw), parameters=parameters), workers)
    assert (result.outcome, workers.asked) == (Outcome.INCONCLUSIVE, [False])


def test_an_extension_that_changes_the_first_samples_is_an_error(
    trial: Trial, contract: Contract, raw: dict[str, Any]
) -> None:
    result = judged(trial, contract, with_floor(contract, between(raw)), Recorded(raw, spoil=True))
    assert (result.outcome, result.reason) == (Outcome.ERROR, Reason.ERROR)
    assert "changed earlier samples" in result.detail


@pytest.mark.parametrize("declared", [True, False])
def test_samples_with_an_extension_that_should_not_be_are_red(
    trial: Trial, contract: Contract, raw: dict[str, Any], declared: bool
) -> None:
    more = [{**run, "extension": 1, "process": f"{run['process']}-more"} for run in raw["runs"]]
    (falsifier,) = contract.falsifiers
    floor = 1.0 if declared else between(raw)
    parameters = {k: v for k, v in falsifier.parameters.items() if declared or k != "extension"}
    changed = with_floor(contract, floor, parameters=parameters)
    document = {"probe": falsifier.probe, "raw": {**raw, "runs": [*raw["runs"], *more]}}
    measured = derive(document)
    assert isinstance(measured, Measurement)
    result = judge_measurement(trial, contract, changed, measured)
    assert result.outcome is Outcome.FAIL
    assert "extensions" in result.failed
    assert [check["quantity"] for check in result.checks].count("extensions") == 1
    said = "the first came to PASS" if declared else "the contract declares no extension"
    assert said in result.detail
