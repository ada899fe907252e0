"""One independent run of an evaluation: `python -m shipworthy.gate.evaluation_process SUBJECT OUT JSON`."""

from __future__ import annotations

import json
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import ShipworthyError
from ..pipeline.evaluation import HumanEval, Prompt, PythonSyntax, Suite, evaluate


def main() -> None:
    """Evaluate in this process; print the summary with what identifies the process and when it began."""
    subject, out, asked = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    started = datetime.now(UTC).isoformat(timespec="seconds")
    suite: Suite[Any] = HumanEval()
    if "prompts" in asked:
        suite = PythonSyntax([Prompt(**prompt) for prompt in asked["prompts"]])
    try:
        summary = evaluate(subject, out, suite, **asked["decoding"])
    except ShipworthyError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    process = f"{os.getpid()}-{secrets.token_hex(4)}"
    sys.stdout.write(json.dumps({**summary, "process": process, "started": started}, allow_nan=False))


if __name__ == "__main__":
    main()
