"""Ship-%: the sum of the weights of what is DISCHARGED for this criterion, registration and subject.

What is counted is what follows: a bundle whose statement its samples do not support counts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..contract import BundleEntry, Reason, Status, Verdict, VerdictWord, status_of
from ..errors import FileError
from ..evidence import Bundle, bundle_order, list_bundles
from ..evidence.bundle import read_whole
from ..evidence.verify.run import require_derived


def ship_percent(predicate: Mapping[str, Any]) -> float:
    """Of one bundle, 0 to 100. Criteria without a contract keep their weight in the 100 and earn nothing."""
    weights = weights_of(predicate)
    entries = predicate["criteria"]
    discharged = {entry["id"] for entry in entries if entry["verdict"] == VerdictWord.DISCHARGED}
    blocked = {entry["id"] for entry in entries if entry["verdict"] != VerdictWord.DISCHARGED}
    return math.fsum(weight for name, weight in weights.items() if name in discharged - blocked)


def weights_of(predicate: Mapping[str, Any]) -> dict[str, float]:
    """Criterion to weight, in the release's order."""
    return {entry["criterion"]: entry["weight"] for entry in predicate["release"]["weights"]}


def history(
    evidence: Path, *, until: Bundle | None = None, subject: str | None = None
) -> tuple[list[Bundle], list[str]]:
    """Every bundle of a directory that reads and states what follows, oldest first; a line for each other.

    With `until` only those before that one, with `subject` only those of the checkpoint of that SHA-256: of
    others no status is made, so they are not derived again.
    """
    bundles, problems = [], []
    for path in list_bundles(evidence):
        if until is not None and bundle_order(path) >= bundle_order(until.path):
            break
        try:
            bundle, files = read_whole(path)
            if subject in (None, bundle.predicate["subject"]["sha256"]):
                bundles.append(require_derived(bundle, files))
        except FileError as error:
            problems.append(str(error))
    return bundles, problems


def statuses(bundle: Bundle, earlier: Iterable[Bundle]) -> dict[str, Status]:
    """The status of every criterion of a bundle, over it and what came before it."""
    everything = [*(b for b in earlier if b.path != bundle.path), bundle]
    registration = bundle.predicate["registration"]["sha256"]
    subject = bundle.predicate["subject"]["sha256"]
    entries = [(entry["id"], found) for b in everything for entry, found in entries_of(b)]
    known = {
        entry["id"]: status_of(
            (found for name, found in entries if name == entry["id"]),
            criterion_hash=entry["criterion"],
            registration_digest=registration,
            subject_digest=subject,
        )
        for entry in bundle.predicate["criteria"]
    }
    return {**known, **dict.fromkeys(bundle.predicate["not_written"], Status.PENDING)}


def entries_of(bundle: Bundle) -> Iterable[tuple[Mapping[str, Any], BundleEntry]]:
    """What a bundle says of each criterion, as it is kept and as a status counts it."""
    predicate = bundle.predicate
    for entry in predicate["criteria"]:
        verdict = Verdict(
            VerdictWord(entry["verdict"]),
            tuple(Reason(reason) for reason in entry["reasons"]),
            entry["in_scope"],
            entry["functional"],
        )
        yield (
            entry,
            BundleEntry(
                criterion_hash=entry["criterion"],
                registration_digest=predicate["registration"]["sha256"],
                subject_digest=predicate["subject"]["sha256"],
                verdict=verdict,
            ),
        )
