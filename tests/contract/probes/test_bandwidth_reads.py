"""decode_throughput@2: a stated bandwidth follows from reads of memory that the receipt keeps."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from shipworthy.contract import Catalogue, quantities_of
from shipworthy.contract.probes import PROBES

PROBE = PROBES["decode_throughput@2"]
SIZE = 1 << 29
READS: dict[str, Any] = {"bytes": SIZE, "seconds": [0.1, 0.11, 0.12, 0.105, 0.13]}
STATED = "read_bandwidth_bytes_per_second"


@pytest.fixture(scope="module")
def recorded(catalogue: Catalogue) -> dict[str, Any]:
    """Real samples of the base model, with the reads that were taken beside them."""
    found: dict[str, Any] = json.loads(catalogue.data["fixture-roofline"].path.read_bytes())["raw"]
    return found


def sampled(recorded: dict[str, Any], **change: Any) -> Any:
    """What follows where the second of three runs states this."""
    raw = deepcopy(recorded)
    raw["runs"][1].update(change)
    return quantities_of(PROBE, raw)["bandwidth_sampled"]


def test_that_of_a_real_measurement_does(recorded: dict[str, Any]) -> None:
    assert sampled(recorded) is True
    for run in recorded["runs"]:
        assert len(run["bandwidth_reads"]["seconds"]) == 5


@pytest.mark.parametrize(
    "reads",
    [
        {"bytes": 1 << 20, "seconds": [0.1 / 512 * n for n in (1, 2, 3, 4, 5)]},
        {**READS, "seconds": [0.1, 0.11, 0.12, 0.105]},
        {**READS, "seconds": []},
        {**READS, "seconds": [0.1] * 5},
        {**READS, "seconds": [0.1, 0.1, 0.1, 0.11, 0.12]},
        {**READS, "seconds": [0.1, 0.11, None, 0.105, 0.13]},
        {**READS, "seconds": [0.1, 0.11, -0.12, 0.105, 0.13]},
    ],
)
def test_reads_that_were_not_taken_give_none(recorded: dict[str, Any], reads: dict[str, Any]) -> None:
    good = {"bandwidth_reads": READS, STATED: SIZE / 0.1}
    assert sampled(recorded, **good) is True
    assert sampled(recorded, **{**good, "bandwidth_reads": reads}) is False


@pytest.mark.parametrize("factor", [0.1, 0.5, 0.99, 1.001, 10.0])
def test_another_figure_than_that_of_the_fastest_read(recorded: dict[str, Any], factor: float) -> None:
    assert sampled(recorded, **{STATED: recorded["runs"][1][STATED] * factor}) is False


def test_no_figure_no_reads_and_no_run(recorded: dict[str, Any]) -> None:
    assert sampled(recorded, **{STATED: None}) is False
    without = [{k: v for k, v in run.items() if k != "bandwidth_reads"} for run in recorded["runs"]]
    assert quantities_of(PROBE, {**recorded, "runs": without})["bandwidth_sampled"] is False
    assert quantities_of(PROBE, {**recorded, "runs": []})["bandwidth_sampled"] is False
