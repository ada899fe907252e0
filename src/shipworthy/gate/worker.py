"""The process that measures: `python -m shipworthy.gate.worker OUTPUT`, its request on standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..atomic import write_bytes
from ..canonical import sha256_file
from ..errors import FileError, NotMeasurable, ShipworthyError
from .measure import measure


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Raw samples of one probe, or the expected error that prevented them; what is missing has a reason."""
    artifacts = {kind: Path(path) for kind, path in request["artifacts"].items()}
    try:
        parameters = {name: _value(value) for name, value in request["with"].items()}
        if "earlier" in request:
            parameters["earlier"] = request["earlier"]
        raw = measure(request["probe"], Path(request["subject"]), artifacts, parameters, Path(request["log"]))
    except NotMeasurable as missing:
        return {"error": str(missing), "missing": missing.reason}
    except ShipworthyError as error:
        return {"error": str(error)}
    return {"raw": raw}


def _value(value: Any) -> Any:
    """A parameter; a data file as its path, if it still is what the criterion's identity binds."""
    if not isinstance(value, dict) or set(value) != {"path", "sha256"}:
        return value
    path = Path(value["path"])
    if not path.is_file() or sha256_file(path) != value["sha256"]:
        raise FileError("data-changed", "is not the data that the criterion names", path=path)
    return path


def work(request: dict[str, Any], output: Path) -> None:
    """Measure, and write the answer whole."""
    write_bytes(output, json.dumps(answer(request), allow_nan=False).encode())


def main() -> None:
    """Read the request and work on it."""
    work(json.loads(sys.stdin.buffer.read()), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
