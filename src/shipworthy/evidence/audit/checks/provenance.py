"""What a receipt is of: the checkpoint that it names, and the criteria."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..adapters.claims import criterion_ids
from ..dossier import Dossier
from ..finding import WHOLE_FILE, Finding

_NUMBERED = re.compile(r"AC-SHIP\d+-\d{3}")
_ANOTHER_BAR = re.compile(
    r"[-_ ](?:strict|lenient|relaxed|loose|soft|hard|lite|weak|easy|alternative|provisional|v\d+)",
    re.IGNORECASE,
)


def subjects(dossier: Dossier) -> Iterator[Finding]:
    """What is named by its path alone: at that path anything may lie by now."""
    for receipt in dossier.foreign:
        for subject in receipt.subjects:
            if not dossier.named_by_digest(subject):
                what = (
                    f"names {subject.name or 'what it is of'} without a digest: what lay there is not known"
                )
                yield Finding("no-digest", receipt.file, subject.place, subject.name, None, what)


def bare_receipts(dossier: Dossier) -> Iterator[Finding]:
    """A tool's receipt that names nothing it is of, or an artifact called "default"."""
    for receipt in dossier.of("apr-bench", "apr-qa", "apr-inspect", "llama-bench", "lm-eval"):
        if not receipt.subjects:
            holder = receipt.document if isinstance(receipt.document, dict) else {}
            claimed = holder.get("model")
            what = f"names no checkpoint that it is of{f', only {claimed!r}' if claimed else ''}"
            yield Finding(
                "no-subject", receipt.file, "/model" if claimed else WHOLE_FILE, claimed, None, what
            )


def unknown_criteria(dossier: Dossier) -> Iterator[Finding]:
    """Numbers of a family of criteria that none of its contracts bears, and other names for one criterion.

    `P0-A` may be the label of an issue and `CROSS-ENTROPY` is a loss: they are criteria where a contract
    bears them, and else nothing is said of them.
    """
    known = dossier.catalogue.contracts
    families = {name.rpartition("-")[0] for name in known if _NUMBERED.fullmatch(name)}
    for receipt in dossier.foreign:
        for claim in receipt.claims:
            if claim.criterion not in known and _of_family(claim.criterion, families):
                what = f"claims {claim.named}, which is no criterion"
                yield Finding("unknown-criterion", receipt.file, claim.place, claim.named, None, what)
            elif claim.criterion in known and _another_name(claim.named, claim.criterion):
                what = f"claims {claim.named}; the criterion is {claim.criterion} and has one bound"
                yield Finding(
                    "unknown-criterion", receipt.file, claim.place, claim.named, claim.criterion, what
                )
    for receipt in dossier.of("summary"):
        told = {claim.criterion for claim in receipt.claims}
        for name in sorted(criterion_ids(receipt.document) - told - known.keys()):
            if _of_family(name, families):
                what = f"names {name}, which is no criterion"
                yield Finding("unknown-criterion", receipt.file, WHOLE_FILE, name, None, what)


def _of_family(name: str, families: set[str]) -> bool:
    return _NUMBERED.fullmatch(name) is not None and name.rpartition("-")[0] in families


def _another_name(named: str, criterion: str) -> bool:
    """`AC-SHIP2-003_strict` is another name; `AC-SHIP2-003_status` is a key about the criterion."""
    return named.startswith(criterion) and _ANOTHER_BAR.fullmatch(named[len(criterion) :]) is not None
