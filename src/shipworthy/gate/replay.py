"""The gates run again on the subject of a bundle, and their verdicts held against those of the bundle."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..evidence.verify import Finding, Verification, verify_bundle
from .dispatch import Request, dispatch


def replay_findings(verification: Verification, subject: Path) -> list[Finding]:
    """A finding for each criterion that comes to another verdict now, by the contracts that are used here.

    The new bundle is verified as the old one was, and not kept. Raises ShipworthyError where nothing runs.
    """
    release = verification.bundle.predicate["release"]["id"]
    with tempfile.TemporaryDirectory(prefix="shipworthy-replay-") as folder:
        bundle = dispatch(
            Request(
                subject=subject,
                recipe=None,
                device=None,
                release=release,
                artifacts=[],
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
            said = "nothing" if verdict is None else ", ".join([verdict.verdict, *verdict.reasons])
            was = ", ".join([entry.verdict.verdict, *entry.verdict.reasons])
            found.append(Finding("replay-differs", entry.id, f"came to {was}, and comes to {said} here"))
    return found
