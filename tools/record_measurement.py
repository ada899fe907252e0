"""Record the raw samples of a falsifier on the small model that it is tried on, for contracts/data/.

    python tools/record_measurement.py FALSIFY-SHIP-019 > contracts/data/fixture-parity.json

Planted defects of a measurement start from such a file. It is evidence of nothing else.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from shipworthy.gate.engine import Unmeasured, take_measurement
from shipworthy.gate.falsify.cells import Cell, _good_trial
from shipworthy.gate.falsify.forms import plain_form
from shipworthy.gate.falsify.good import DEFAULT, Good
from shipworthy.gate.trial import load_contracts


def main() -> None:
    """Write the recorded measurement to standard output."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("falsifier")
    parser.add_argument("--fixture", default=DEFAULT)
    asked = parser.parse_args()
    catalogue = load_contracts()
    contract, falsifier = next(
        (contract, falsifier)
        for contract in catalogue.contracts.values()
        for falsifier in contract.falsifiers
        if falsifier.id == asked.falsifier
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good = Good(catalogue, folder)
        cell = Cell(contract, falsifier, asked.fixture, plain_form(contract, falsifier))
        measured = take_measurement(_good_trial(good, cell, folder), contract, falsifier)
    if isinstance(measured, Unmeasured):
        sys.exit(f"{measured.outcome}: {measured.detail}")
    stated = {name: value for name, value in falsifier.parameters.items() if name != "prompts"}
    recorded = {
        "probe": falsifier.probe,
        "made_by": f"tools/record_measurement.py {falsifier.id}, on {asked.fixture}: {json.dumps(stated)}",
        "raw": measured.document["raw"],
    }
    json.dump(recorded, sys.stdout, indent=None, separators=(",", ":"), sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
