"""The audit of a directory: what was read, what is wrong, and what each claimed criterion comes to."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ...contract import Catalogue, VerdictWord
from .adapters import read
from .checks import CHECKS
from .checks.statements import percentages
from .dossier import Dossier, choose_release
from .finding import Finding, NotRead
from .reading import read_directory
from .receipt import Receipt
from .verdicts import Row, bundle_rows, not_proven, rows

SCHEMA = "shipworthy/audit/1"


@dataclass(frozen=True)
class Audit:
    """What an audit found. `release` is the one whose criteria the receipts claim, "" where there is none."""

    receipts: tuple[Receipt, ...]
    not_read: tuple[NotRead, ...]
    findings: tuple[Finding, ...]
    criteria: tuple[Row, ...]
    release: str

    def to_json(self) -> dict[str, Any]:
        """Strict JSON, keys and entries in a fixed order."""
        return {
            "schema": SCHEMA,
            "read": [{"file": receipt.file, "kind": receipt.kind} for receipt in self.receipts],
            "not_read": [{"file": entry.file, "why": entry.why} for entry in self.not_read],
            "release": self.release or None,
            "findings": [finding.to_json() for finding in self.findings],
            "criteria": [row.to_json() for row in self.criteria],
            "counts": dict(sorted(Counter(finding.code for finding in self.findings).items())),
        }


def audit(directory: Path, catalogue: Catalogue, *, release: str | None = None) -> Audit:
    """Read every receipt below a directory and check it. `release` names one in place of the claimed one.

    Raises OSError where the directory cannot be listed, UsageError for a release that there is not.
    """
    sources, not_read = read_directory(directory)
    receipts: list[Receipt] = []
    findings: list[Finding] = []
    for source in sources:
        match read(source):
            case Receipt() as receipt:
                receipts.append(receipt)
            case Finding() as finding:
                findings.append(finding)
            case NotRead() as left:
                not_read.append(left)
    dossier = Dossier(
        receipts=tuple(receipts),
        files=(
            *(name for source in sources for name in (source.file, *source.inner)),
            *(left.file for left in not_read),
        ),
        contents={source.file: source.data for source in sources if source.bundle is None},
        catalogue=catalogue,
        release=choose_release(catalogue, tuple(receipts), release),
    )
    for check in CHECKS:
        findings += check(dossier)
    bundles = bundle_rows(dossier)
    table = rows(dossier, findings, bundles)
    findings += not_proven(table, dossier, bundles)
    findings += percentages(dossier, _weight(dossier, table))
    return Audit(
        receipts=dossier.receipts,
        not_read=tuple(sorted(not_read, key=lambda left: left.file)),
        findings=tuple(sorted(_distinct(findings), key=_order)),
        criteria=tuple(table),
        release="" if dossier.release is None else dossier.release.id,
    )


def _weight(dossier: Dossier, table: list[Row]) -> Decimal:
    """The weight of what is DISCHARGED by bundles of that release."""
    weights = {} if dossier.release is None else dossier.release.weights
    proven = {row.criterion for row in table if row.verdict is VerdictWord.DISCHARGED}
    return sum((Decimal(str(weight)) for name, weight in weights.items() if name in proven), Decimal(0))


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Each finding once; two checks may come upon the same."""
    return list({json.dumps(finding.to_json()): finding for finding in findings}.values())


def _order(finding: Finding) -> tuple[str, list[tuple[int, str]], str, str]:
    return finding.file, _natural(finding.place), finding.code, finding.what


def _natural(place: str) -> list[tuple[int, str]]:
    """`/gates/10` after `/gates/9`, `line 10` after `line 9`."""
    parts = place.replace(" ", "/").split("/")
    return [(int(part), "") if part.isdecimal() and len(part) < 10 else (-1, part) for part in parts]
