"""What the tests of lessons share: real contracts, samples of a real measurement, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipworthy.canonical import strict_loads
from shipworthy.contract import (
    Catalogue,
    Contract,
    Outcome,
    Planted,
    RecordedOutcome,
    Verdict,
    judge,
    quantities_of,
    verdict_of,
)
from shipworthy.contract.probes import PROBES, RETIRED
from shipworthy.gate.planted import plant_in_raw

REPOSITORY = Path(__file__).parents[1]
REFERENCE = REPOSITORY / "evidence" / "reference"
DERIVED = {**PROBES, **RETIRED}
PASSED = RecordedOutcome(Outcome.PASS)


def outcome(catalogue: Catalogue, name: str, raw: Mapping[str, Any]) -> tuple[Outcome, frozenset[str]]:
    """What the only falsifier of a criterion comes to on raw samples, and which quantities failed."""
    (falsifier,) = catalogue.contracts[name].falsifiers
    probe = PROBES[falsifier.probe]
    facts = catalogue.registrations["fixture-llama"].facts()
    found = judge(falsifier.expect, quantities_of(probe, raw), probe, facts)
    return found.outcome, found.failed


def throughput(catalogue: Catalogue) -> dict[str, Any]:
    """The recorded samples of a real throughput measurement."""
    stored = strict_loads(catalogue.data["fixture-throughput"].path.read_bytes())["raw"]
    assert outcome(catalogue, "AC-SHIP2-010", stored)[0] is Outcome.PASS
    return dict(stored)


def spoilt(catalogue: Catalogue, defect: str) -> frozenset[str]:
    """The quantities that a planted defect turns red."""
    raw = plant_in_raw(Planted(defect, "measurement", ""), throughput(catalogue))
    return outcome(catalogue, "AC-SHIP2-010", raw)[1]


def verdict(contract: Contract, records: Mapping[str, RecordedOutcome], **more: Any) -> Verdict:
    return verdict_of(contract, records, **{"proof_valid": True, **more})
