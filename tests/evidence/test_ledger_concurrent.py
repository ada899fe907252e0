"""Eight processes record bundles at once: one chain, a line for each bundle, none lost, none torn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from stress_ledger import agrees

TOOL = Path(__file__).parents[2] / "tools" / "stress_ledger.py"


def test_eight_processes_lose_nothing(tmp_path: Path) -> None:
    """Two seconds of what `python tools/stress_ledger.py --seconds 60` does for a minute."""
    argv = [sys.executable, str(TOOL), str(tmp_path / "evidence"), "--processes", "8", "--seconds", "2"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert (done.returncode, agrees(found)) == (0, True), found
    assert len(found["recorded_by_each"]) == 8


def test_a_lost_entry_would_be_seen() -> None:
    good = {
        "recorded_by_each": [2, 3], "entries": 5, "last_number": 5, "bundles": 5, "found_late": 0,
        "entries_without_bundle": 0, "findings": [],
    }  # fmt: skip
    assert agrees(good)
    for change in ({"entries": 4}, {"bundles": 6}, {"found_late": 1}, {"recorded_by_each": [5, 0]}):
        assert not agrees({**good, **change})
