"""`shipworthy dispatch`: run the gates in a clean pytest, and take the exit code from the bundle alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..canonical import sha256_file, strict_loads
from ..checkpoint import open_checkpoint
from ..checkpoint.readable import require_readable
from ..contract import Release, VerdictWord
from ..errors import FileError, ShipworthyError, UsageError, display_path
from ..evidence import Bundle, bundle_name, make_statement, read_bundle
from ..evidence.keys import read_signer
from ..evidence.ledger import LEDGER, read_ledger, record_bundle
from ..evidence.signing import bound_files, signed_copy, signed_files
from ..key_file import KEY_FILE
from ..resources import find
from .assemble import Allowed, parse_allowed
from .trial import choose_release, identify, load_contracts, parse_artifacts

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

BLOCKED, INCONCLUSIVE_ONLY, SHIPS = 1, 3, 0
_NOT_INHERITED = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", KEY_FILE)
_MOST_DIGESTED = 1 << 36
"""Bytes of a subject that does not open and is digested all the same: a hole may claim any size."""


@dataclass(frozen=True)
class Request:
    """What the command line asks for; exactly one of subject and recipe is given."""

    subject: Path | None
    recipe: Path | None
    device: str | None
    release: str | None
    artifacts: Sequence[str]
    evidence: Path
    allow_blocked: Sequence[str]
    quiet: bool
    key: Path | None = None


class DispatchFailed(ShipworthyError):
    """The gates did not come to a bundle; the exit code is that of what stopped them."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__("no-bundle", message)
        self.exit_code = exit_code

    def __str__(self) -> str:
        return self.message


def dispatch(request: Request) -> Bundle:
    """Put a subject on trial. Raises ShipworthyError where nothing could be tried."""
    signer = None if request.key is None else read_signer(request.key)
    _check(request, signer)
    gates = find("gates").path
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        report = Path(folder) / "report.json"
        # What is to be signed is written there unsigned first: no process of a gate sees the key.
        evidence = request.evidence if signer is None else Path(folder) / "unsigned"
        _run_pytest(gates, request, report, evidence)
        if not report.exists():
            raise DispatchFailed("pytest ended without a report; see what it printed above", 70)
        found = strict_loads(report.read_bytes())
        if found["failure"] is not None:
            raise DispatchFailed(found["failure"]["message"], found["failure"]["exit_code"])
        if found["bundle"] is None:
            raise DispatchFailed("pytest ended without a bundle; see what it printed above", 70)
        written = Path(found["bundle"])
        if signer is not None:
            written = record_bundle(request.evidence, written.name, signed_copy(written, signer))
        return read_bundle(written)


def _check(request: Request, signer: CryptoSigner | None) -> None:
    """Refuse what can be refused before anything heavy starts."""
    catalogue = load_contracts()
    if (request.subject is None) == (request.recipe is None):
        raise UsageError(
            "no-subject",
            "exactly one of SUBJECT and --recipe is needed",
            fix="for example: shipworthy dispatch model.apr --release smollm2-demo",
        )
    _check_evidence(request.evidence)
    allowed = parse_allowed(request.allow_blocked)
    parse_artifacts(request.artifacts)
    if request.release is not None or request.subject is None:
        _check_allowed(allowed, choose_release(catalogue, request.release, None))
    if request.recipe is not None:
        from ..pipeline.recipe import load_recipe

        load_recipe(request.recipe, device=request.device)
    else:
        assert request.subject is not None
        try:
            identify(request.subject)
            with open_checkpoint(request.subject) as checkpoint:
                require_readable(checkpoint)
        except FileError as error:
            _record_refusal(request, error, signer)
            raise
        _check_allowed(allowed, choose_release(catalogue, request.release, request.subject))


def _check_allowed(allowed: Sequence[Allowed], release: Release) -> None:
    """An allowance for a criterion that the release has not is a typing error, and would allow nothing."""
    for entry in allowed:
        if entry.criterion not in release.weights:
            raise UsageError(
                "bad-allowance",
                f"{release.id} has no criterion {entry.criterion!r}",
                where="--allow-blocked",
                fix=f"its criteria are {', '.join(release.weights)}",
            )


def _check_evidence(folder: Path) -> None:
    """Minutes of measuring must not end where the bundle cannot be written, nor at a ledger that was altered.

    Raises UsageError, FileError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            "bad-evidence-directory",
            f"bundles cannot be kept there: {error.strerror}",
            where=display_path(folder),
            fix="name a directory that can be written with --evidence",
        ) from error
    if (folder / LEDGER).exists():
        read_ledger(folder)


def _record_refusal(request: Request, error: FileError, signer: CryptoSigner | None) -> None:
    """A bundle for a subject that cannot be opened, where there are bytes to take a digest of."""
    subject = request.subject
    if subject is None or not os.path.isfile(subject) or not 0 < subject.stat().st_size <= _MOST_DIGESTED:
        return
    started = datetime.now(UTC)
    digest = sha256_file(subject)
    predicate: dict[str, Any] = {
        "signature": "none",
        "started": started.isoformat(timespec="seconds"),
        "release": request.release,
        "subject": {"name": subject.name, "sha256": digest},
        "refused": {"code": error.code, "message": error.message, "offset": error.offset},
        "criteria": [],
    }
    statement = make_statement(subject.name, digest, predicate)
    files = bound_files(statement, {})
    if signer is not None:
        files = signed_files(files, signer)
    record_bundle(request.evidence, bundle_name(started, digest), files)


def _run_pytest(gates: Path, request: Request, report: Path, evidence: Path) -> None:
    argv = [sys.executable, "-m", "pytest", str(gates), "-p", "shipworthy.gate.plugin"]
    argv += ["-c", os.devnull, "--rootdir", str(gates.parent), "-p", "no:cacheprovider"]
    argv += ["--dispatch-report", str(report), "--evidence", str(evidence)]
    argv += ["-q", "--no-header", "--tb=short", "--noconftest"]
    for option, value in (
        ("--subject", request.subject),
        ("--recipe", request.recipe),
        ("--recipe-device", request.device),
        ("--release", request.release),
    ):
        if value is not None:
            argv += [option, str(value)]
    for artifact in request.artifacts:
        argv += ["--artifact", artifact]
    for allowance in request.allow_blocked:
        argv += ["--allow-blocked", allowance]
    environment = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # Beside the report, in a directory that vanishes with this process whatever becomes of pytest.
    workdir = report.parent / "work"
    workdir.mkdir()
    environment["SHIPWORTHY_WORKDIR"] = str(workdir)
    stdout: Any = sys.stderr if request.quiet else None
    with _terminations() as terminate, subprocess.Popen(argv, env=environment, stdout=stdout) as child:
        terminate.append(child.terminate)
        # An interrupt reaches pytest too, which then writes the bundle of what has run: wait for that.
        while child.poll() is None:
            with suppress(KeyboardInterrupt):
                child.wait()
    if terminate == [] and not report.exists():
        raise DispatchFailed("stopped by SIGTERM before there was a bundle", 128 + signal.SIGTERM)


@contextmanager
def _terminations() -> Iterator[list[Callable[[], None]]]:
    """While it lasts, SIGTERM calls what is in the list, and empties it; with nothing there it ends us."""
    calls: list[Callable[[], None]] = []

    def pass_on(signum: int, frame: FrameType | None) -> None:
        if not calls:
            raise SystemExit(128 + signum)
        while calls:
            calls.pop()()

    if threading.current_thread() is not threading.main_thread():
        yield calls
        return
    before = signal.signal(signal.SIGTERM, pass_on)
    try:
        yield calls
    finally:
        signal.signal(signal.SIGTERM, before)


def exit_code(bundle: Bundle) -> int:
    """0 where all is DISCHARGED or allowed for exactly its reasons, and something is DISCHARGED; 3 where only
    inconclusive blocks; else 1."""
    allowed = {(entry["criterion"], entry["reason"]) for entry in bundle.predicate["allowed_blocked"]}
    if not bundle.predicate["criteria"] or bundle.predicate["not_written"]:
        return BLOCKED
    left = [
        [reason for reason in entry["reasons"] if (entry["id"], reason) not in allowed]
        for entry in bundle.predicate["criteria"]
        if entry["verdict"] != VerdictWord.DISCHARGED
    ]
    blocking = [reasons for reasons in left if reasons]
    if not blocking:
        return SHIPS if len(left) < len(bundle.predicate["criteria"]) else BLOCKED
    return INCONCLUSIVE_ONLY if all(set(r) == {"inconclusive"} for r in blocking) else BLOCKED
