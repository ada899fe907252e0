"""The gates run again on the subject of a bundle, and their verdicts held against those of the bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..contract import Verdict
from ..contract.reasons import MISSING
from ..errors import UsageError
from ..evidence.verify import Finding, Verification, verify_bundle
from ..evidence.verify.finding import NOT_REPLAYED
from .dispatch import Request, dispatch


def replay_findings(
    verification: Verification, subject: Path, artifacts: Sequence[str] = ()
) -> list[Finding]:
    """A finding for each criterion that comes to another verdict now, by the contracts that are used here.

    `artifacts` are KIND=PATH, as a dispatch takes them; `not-replayed` names a criterion that needs another
    artifact or machine. The new bundle is verified as the old one was, and not kept. Raises UsageError
    `replay-of-what` for a refusal, ShipworthyError where nothing runs.
    """
    if verification.bundle.refused:
        raise UsageError("replay-of-what", "the subject was refused, and no gate ran", where="--replay")
    release = verification.bundle.predicate["release"]["id"]
    with tempfile.TemporaryDirectory(prefix="shipworthy-replay-") as folder:
        bundle = dispatch(
            Request(
                subject=subject,
                recipe=None,
                device=None,
                release=release,
                artifacts=list(artifacts),
                evidence=Path(folder),
                allow_blocked=[],
                quiet=True,
            )
        )
        again = verify_bundle(bundle.path)
    now = {entry.id: entry.verdict for entry in again.criteria}
    found = list(again.findings)
    for entry in verification.criteria:
        if (verdict := now.get(entry.id)) != entry.verdict:
            found.append(difference(entry.id, entry.verdict, verdict))
    return found


def difference(criterion: str, was: Verdict, now: Verdict | None) -> Finding:
    """What a verdict that changed is called: where something was missing here, nothing was compared."""
    missing = [] if now is None else [r for r in now.reasons if r in MISSING and r not in was.reasons]
    if missing:
        message = f"came to {_words(was)}, and was not measured here: {', '.join(missing)}"
        return Finding(NOT_REPLAYED, criterion, message)
    said = "nothing" if now is None else _words(now)
    return Finding("replay-differs", criterion, f"came to {_words(was)}, and comes to {said} here")


def _words(verdict: Verdict) -> str:
    return ", ".join([verdict.verdict, *verdict.reasons])
