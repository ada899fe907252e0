"""Record the good samples on which receipts' defects are planted: fixture-llama, really measured on a CPU.

    python tools/record_throughput.py f32 > contracts/data/fixture-throughput.json
    python tools/record_throughput.py bf16 > contracts/data/fixture-throughput-bf16.json

They are evidence of nothing but a gate's ability to see, and are other on every machine and at every time.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from shipworthy.contract import load_catalogue
from shipworthy.gate.fixtures import write_fixture
from shipworthy.gate.measure import measure

PROBE = "decode_throughput@2"
SETTINGS: dict[str, Any] = {
    "runs": 3,
    "iterations": 5,
    "max_tokens": 128,
    "engine": "torch",
    "threads": 1,
    "device": "cpu",
    "dtype": "f32",
}


def main(dtype: str) -> None:
    """Measure and print."""
    os.environ["OMP_NUM_THREADS"] = "1"
    settings = {**SETTINGS, "dtype": dtype}
    with tempfile.TemporaryDirectory() as folder:
        subject, log = Path(folder) / "fixture-llama.apr", Path(folder) / "log"
        write_fixture(load_catalogue(Path("contracts")), "fixture-llama", subject)
        raw = measure(PROBE, subject, {}, settings, log)
    made_by = f"tools/record_throughput.py, {PROBE} on fixture-llama with {json.dumps(settings)}"
    sys.stdout.write(json.dumps({"probe": PROBE, "made_by": made_by, "raw": raw}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
