"""Record the raw samples of a falsifier on a small model, or on a real one, for contracts/data/.

    python tools/record_measurement.py FALSIFY-SHIP-019 > contracts/data/fixture-parity.json
    python tools/record_measurement.py FALSIFY-CROSS-GOLDEN-RECORD --model base > golden.json

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
from shipworthy.pipeline.base_model import base_model_path


def main() -> None:
    """Write the recorded measurement to standard output."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("falsifier")
    parser.add_argument("--fixture", default=DEFAULT)
    parser.add_argument("--model", help="a checkpoint, or `base`")
    asked = parser.parse_args()
    catalogue = load_contracts()
    contract, falsifier = next(
        (contract, falsifier)
        for contract in catalogue.contracts.values()
        for falsifier in contract.falsifiers
        if falsifier.id == asked.falsifier
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = base_model_path() if asked.model == "base" else asked.model and Path(asked.model)
        good = Good(catalogue, folder, model)
        cell = Cell(contract, falsifier, asked.fixture, plain_form(contract, falsifier))
        measured = take_measurement(_good_trial(good, cell, folder), contract, falsifier)
    if isinstance(measured, Unmeasured):
        sys.exit(f"{measured.outcome}: {measured.detail}")
    stated = {name: value for name, value in falsifier.parameters.items() if name != "prompts"}
    name = good.name(asked.fixture)
    recorded = {
        "probe": falsifier.probe,
        "made_by": f"tools/record_measurement.py {falsifier.id}, on {name}: {json.dumps(stated)}",
        "raw": measured.document["raw"],
    }
    json.dump(recorded, sys.stdout, indent=None, separators=(",", ":"), sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
