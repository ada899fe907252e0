"""Several processes record bundles in one directory at once; then everything that was recorded is read.

python tools/stress_ledger.py --processes 8 --seconds 60 DIRECTORY
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from small_bundles import bundle_files

from shipworthy.evidence import list_bundles, read_bundle
from shipworthy.evidence.ledger import examine, record_bundle

_APART = 1_000_000


def stress(root: Path, processes: int, seconds: float) -> dict[str, object]:
    """What was recorded, by the processes' own counts and by the ledger. The calling process is forked."""
    pipes = []
    for worker in range(processes):
        read_end, write_end = os.pipe()
        pipes.append(read_end)
        if os.fork() == 0:
            count = _record_until(root, worker, time.monotonic() + seconds)
            os.write(write_end, str(count).encode())
            os._exit(0)
        os.close(write_end)
    told = [int(os.read(pipe, 32) or b"-1") for pipe in pipes]
    ended = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(processes)]
    ledger, problems = examine(root)
    bundles = [read_bundle(path).path.name for path in list_bundles(root)]
    return {
        "processes": processes,
        "seconds": seconds,
        "ended": ended,
        "recorded_by_each": told,
        "entries": len(ledger.entries),
        "last_number": ledger.number,
        "found_late": sum(entry.recorded == "found" for entry in ledger.entries),
        "bundles": len(bundles),
        "entries_without_bundle": len({e.bundle for e in ledger.entries} - set(bundles)),
        "findings": [vars(problem) for problem in problems],
    }


def _record_until(root: Path, worker: int, end: float) -> int:
    count = 0
    while time.monotonic() < end:
        record_bundle(root, *bundle_files(worker * _APART + count))
        count += 1
    return count


def agrees(found: dict[str, object]) -> bool:
    """Whether every bundle that a process recorded has one line, in one chain, and lies there whole."""
    told = found["recorded_by_each"]
    assert isinstance(told, list)
    total = sum(told)
    return (
        all(count > 0 for count in told)
        and found["entries"] == found["last_number"] == found["bundles"] == total
        and found["found_late"] == found["entries_without_bundle"] == 0
        and found["findings"] == []
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    result = stress(asked.directory, asked.processes, asked.seconds)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    sys.exit(0 if agrees(result) else 1)
