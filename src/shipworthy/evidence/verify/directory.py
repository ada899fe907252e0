"""A directory of bundles verified: each of them, their order, the ledger beside them, and every status."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ...contract import BundleEntry, Status, status_of
from ...errors import FileError
from ..binding import STATEMENT
from ..bundle import bundle_name, is_partial, list_bundles
from ..files import MANIFEST
from ..ledger import COPIED, LEDGER, examine
from .finding import Finding
from .run import Verification, verify_bundle

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

_NUMBER = re.compile(r"-\d+\Z")


@dataclass(frozen=True)
class DirectoryVerification:
    """Every bundle that reads, oldest first, what is wrong with the others, and what the ledger says.

    `statuses` are by subject, criterion and criterion hash, over all bundles that read and follow.
    `unfinished` are the directories of dispatches that were stopped before their bundle had a name.
    """

    bundles: tuple[Verification, ...]
    refused: tuple[FileError, ...]
    findings: tuple[Finding, ...]
    ledger_head: str | None
    statuses: dict[tuple[str, str, str], Status]
    unfinished: tuple[str, ...] = ()


def is_bundle(path: Path) -> bool:
    """Whether a place is meant to be one bundle, and no directory of them."""
    return any((path / name).exists() for name in (MANIFEST, STATEMENT)) or not list_bundles(path)


def verify_directory(root: Path, key: SSlibKey | None = None) -> DirectoryVerification:
    """Verify every bundle under `root`, and its ledger where it has one. Raises FileError for the ledger."""
    verified, refused, findings = [], [], []
    for path in list_bundles(root):
        try:
            verification = verify_bundle(path, key)
        except FileError as error:
            refused.append(error)
            continue
        verified.append(verification)
        findings += _name_findings(verification)
    head = None
    if (root / LEDGER).exists():
        ledger, found = examine(root)
        head = ledger.head
        findings += [Finding(entry.code, entry.name, entry.message) for entry in found]
    told = {finding.where for finding in findings if finding.code == COPIED}
    copies = [copy for copy in _copies(verified) if copy.where not in told]
    told |= {copy.where for copy in copies}
    originals = [entry for entry in verified if entry.bundle.path.name not in told]
    return DirectoryVerification(
        tuple(verified),
        tuple(refused),
        (*findings, *copies),
        head,
        _statuses(originals),
        tuple(sorted(path.name for path in root.iterdir() if is_partial(path))),
    )


def _copies(verified: Sequence[Verification]) -> Iterator[Finding]:
    """A second bundle with one statement is no second dispatch; refusals of one second may be alike."""
    seen: dict[str, str] = {}
    for verification in verified:
        bundle = verification.bundle
        first = seen.setdefault(bundle.identity, bundle.path.name)
        if first != bundle.path.name and not bundle.refused:
            yield Finding(COPIED, bundle.path.name, f"is a copy of {first}: remove it")


def _name_findings(verification: Verification) -> list[Finding]:
    """The newest bundle decides a status, and names give the order: a name must be the bundle's own."""
    predicate, name = verification.bundle.predicate, verification.bundle.path.name
    try:
        own = bundle_name(datetime.fromisoformat(predicate["started"]), predicate["subject"]["sha256"])
    except ValueError:
        return [Finding("misnamed", name, f"says that it began at {predicate['started']!r}")]
    if _NUMBER.sub("", name) != own and name != own:
        return [Finding("misnamed", name, f"is the bundle {own} under another name")]
    return []


def _statuses(verified: list[Verification]) -> dict[tuple[str, str, str], Status]:
    entries: dict[tuple[str, str, str], list[BundleEntry]] = {}
    for verification in verified:
        predicate = verification.bundle.predicate
        if verification.findings:
            continue
        for criterion in verification.criteria:
            where = (verification.subject_sha256, criterion.id, criterion.criterion)
            entries.setdefault(where, []).append(
                BundleEntry(
                    criterion.criterion,
                    predicate["registration"]["sha256"],
                    verification.subject_sha256,
                    criterion.verdict,
                )
            )
    return {
        where: status_of(found, criterion_hash=where[2], registration_digest=found[-1].registration_digest)
        for where, found in entries.items()
    }
