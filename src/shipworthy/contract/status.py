"""The status of a criterion over all bundles: computed, never written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .reasons import Reason, Status
from .verdict import Verdict

_PARTIAL = frozenset({Reason.MISSING_HARDWARE, Reason.MISSING_ARTIFACT})


@dataclass(frozen=True)
class BundleEntry:
    """What one bundle says of one criterion; the digests say of exactly what it speaks."""

    criterion_hash: str
    registration_digest: str
    subject_digest: str
    verdict: Verdict


def status_of(
    entries: Iterable[BundleEntry],
    *,
    criterion_hash: str,
    registration_digest: str,
    subject_digest: str | None = None,
) -> Status:
    """The status at a criterion hash and a registration digest, of one subject or, without one, of any.

    `entries` come in the order of the ledger, oldest first; bundles at another hash or registration are
    history and count nothing. The latest entry decides: an older green never hides a newer red, and a newer
    "could not be measured" is not outvoted by an older success either. Run it again to have it back.

    PENDING without an entry. DISCHARGED or FUNCTIONAL if the latest verdict is. PARTIAL_ALGORITHM_LEVEL if
    nothing but missing_hardware or missing_artifact blocks it; a gate without a valid proof of
    non-vacuity has the reason vacuous_gate beside these, so it is not among them. A recorded waiver changes
    no status. BLOCKED otherwise.
    """
    latest: Verdict | None = None
    for entry in entries:
        if (
            entry.criterion_hash == criterion_hash
            and entry.registration_digest == registration_digest
            and subject_digest in (None, entry.subject_digest)
        ):
            latest = entry.verdict
    if latest is None:
        return Status.PENDING
    if latest.discharged:
        return Status.DISCHARGED
    if latest.functional:
        return Status.FUNCTIONAL
    reasons = set(latest.reasons) - {Reason.WAIVED}
    if latest.in_scope and reasons and reasons <= _PARTIAL:
        return Status.PARTIAL_ALGORITHM_LEVEL
    return Status.BLOCKED
