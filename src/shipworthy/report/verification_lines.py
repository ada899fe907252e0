"""A verification for a person and for programs: the verdicts, and apart from them what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..evidence.verify import DirectoryVerification, Finding, Verification
from ..evidence.verify.finding import NOT_REPLAYED, STALE


def bundle_lines(found: Verification, findings: Sequence[Finding]) -> Iterator[str]:
    """Verdicts are what the samples say of the checkpoint, findings what is wrong with the evidence."""
    predicate = found.bundle.predicate
    subject = predicate["subject"]
    codes = {finding.code for finding in findings}
    false = codes - {STALE, NOT_REPLAYED}
    word = "DOES NOT FOLLOW from its samples" if false else "follows from its samples"
    if STALE in codes and not false:
        word += ", by contracts that are not the installed ones"
    if found.contents is None:
        word = "states a refusal"
    yield f"{found.bundle.path.name}: {word}; {found.signature_words}"
    yield f"  subject  {subject['name']}, sha256 {subject['sha256']}"
    if found.bundle.refused:
        yield f"  refused  {found.bundle.refused}"
    else:
        yield f"  release  {predicate['release']['id']}, registration {predicate['registration']['id']}"
        counts = Counter(str(entry.verdict.verdict) for entry in found.criteria)
        words = [f"{counts[name]} {name}" for name in sorted(counts, reverse=True)]
        yield f"  verdicts {', '.join(words) or 'none'}"
    for entry in found.criteria:
        if not entry.verdict.discharged:
            yield f"    {entry.id} BLOCKED: {', '.join(entry.verdict.reasons) or 'out of scope'}"
    for finding in findings:
        yield f"  {finding}"


def directory_lines(found: DirectoryVerification, findings: Sequence[Finding]) -> Iterator[str]:
    """What is wrong with the directory as a whole, after the lines of each bundle."""
    for error in found.refused:
        yield f"refused: {error}"
    for finding in findings:
        yield str(finding)
    for name in found.unfinished:
        yield f"{name}: never got its name, and was not looked at; `shipworthy ledger` says what to do"
    ledger = f"ledger head {found.ledger_head}"
    if found.ledger_head is None:
        ledger = "no ledger, so nothing shows that none is missing"
    yield f"{len(found.bundles)} bundles read, {len(found.refused)} refused; {ledger}"


def bundle_json(found: Verification, findings: Sequence[Finding]) -> dict[str, Any]:
    """One bundle for programs."""
    return {
        "bundle": found.bundle.path.name,
        "subject": {name: found.bundle.predicate["subject"][name] for name in ("name", "sha256")},
        "signature": found.signature,
        "signature_checked": found.signed_by is not None,
        "refused": found.bundle.refused,
        "criteria": [
            {
                "id": entry.id,
                "criterion": entry.criterion,
                "verdict": str(entry.verdict.verdict),
                "reasons": [str(reason) for reason in entry.verdict.reasons],
            }
            for entry in found.criteria
        ],
        "findings": [vars(finding) for finding in findings],
    }


def directory_json(
    found: DirectoryVerification, bundles: Sequence[dict[str, Any]], findings: Sequence[Finding]
) -> dict[str, Any]:
    """A directory for programs."""
    return {
        "bundles": list(bundles),
        "refused": [
            {"code": error.code, "where": error.where, "message": error.message} for error in found.refused
        ],
        "findings": [vars(finding) for finding in findings],
        "unfinished": list(found.unfinished),
        "ledger_head": found.ledger_head,
        "statuses": [
            {"subject": subject, "id": name, "criterion": criterion, "status": str(status)}
            for (subject, name, criterion), status in found.statuses.items()
        ],
    }
