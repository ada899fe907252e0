"""The process that measures: `python -m shipworthy.gate.worker OUTPUT`, its request on standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..atomic import write_bytes
from ..errors import ShipworthyError
from .measure import measure


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Raw samples of one probe, or the expected error that prevented them."""
    artifacts = {kind: Path(path) for kind, path in request["artifacts"].items()}
    parameters = {
        name: Path(value["path"]) if isinstance(value, dict) and set(value) == {"path"} else value
        for name, value in request["with"].items()
    }
    try:
        raw = measure(request["probe"], Path(request["subject"]), artifacts, parameters, Path(request["log"]))
    except ShipworthyError as error:
        return {"error": str(error)}
    return {"raw": raw}


def main() -> None:
    """Read the request, measure, write the answer whole."""
    request = json.loads(sys.stdin.buffer.read())
    result = answer(request)
    write_bytes(Path(sys.argv[1]), json.dumps(result, allow_nan=False).encode())


if __name__ == "__main__":
    main()
