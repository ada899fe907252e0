"""The command line. Every verb reads its inputs, calls one function, and prints what came of it."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from ..errors import ShipworthyError, visible
from . import (
    audit_verbs,
    baseline_verbs,
    battery_verbs,
    contract_verbs,
    criterion_verbs,
    evaluation_verbs,
    evidence_verbs,
    file_verbs,
    ledger_verbs,
    pipeline_verbs,
    register_verbs,
    release_verbs,
    trial_verbs,
)
from .application import app
from .standard_output import refused_output

__all__ = [
    "app",
    "audit_verbs",
    "baseline_verbs",
    "battery_verbs",
    "contract_verbs",
    "criterion_verbs",
    "evaluation_verbs",
    "evidence_verbs",
    "file_verbs",
    "ledger_verbs",
    "main",
    "pipeline_verbs",
    "register_verbs",
    "release_verbs",
    "trial_verbs",
]


def main() -> None:
    """Run the command line; expected errors are one line, anything else is a bug with its traceback."""
    try:
        with _terminated_as_interrupted():
            app()
    except ShipworthyError as error:
        _end(error)
    except KeyboardInterrupt:
        sys.stderr.write("shipworthy: stopped\n")
        sys.exit(130)
    except Exception as error:
        if refused := refused_output(error):
            _end(refused)
        traceback.print_exc()
        sys.stderr.write("shipworthy: this is a bug; please report it with the lines above\n")
        sys.exit(70)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """While it lasts, SIGTERM ends us as an interrupt does: what was begun is undone, children end too."""

    def end(signum: int, frame: FrameType | None) -> None:
        sys.stderr.write("shipworthy: stopped by SIGTERM\n")
        raise SystemExit(128 + signum)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(error: ShipworthyError) -> NoReturn:
    sys.stderr.write(f"shipworthy: {visible(str(error))}\n")
    sys.exit(error.exit_code)
