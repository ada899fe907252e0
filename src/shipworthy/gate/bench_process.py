"""One independent run of a throughput measurement: `python -m shipworthy.gate.bench_process SUBJECT JSON`."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

from ..errors import ShipworthyError
from ..pipeline.bench import bench


def main() -> None:
    """Bench in this process and print the result with what identifies the process."""
    try:
        result = bench(Path(sys.argv[1]), **json.loads(sys.argv[2]))
    except ShipworthyError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    result["process"] = f"{os.getpid()}-{secrets.token_hex(4)}"
    sys.stdout.write(json.dumps(result, allow_nan=False))


if __name__ == "__main__":
    main()
