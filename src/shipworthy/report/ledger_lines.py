"""The ledger as a person reads it: a line a dispatch, where it was joined, and what does not agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..errors import visible
from ..evidence.ledger import GENESIS, Entry, Finding, Ledger


def ledger_lines(ledger: Ledger, problems: Sequence[Finding]) -> list[str]:
    """Per line of the ledger one here; a fork is said where it begins and where it is joined."""
    followed = Counter(digest for line in ledger.lines.values() for digest in line.previous)
    lines = [f"{followed[GENESIS]} histories begin here: a fork"] if GENESIS in ledger.forks else []
    for digest, line in ledger.lines.items():
        if isinstance(line, Entry):
            late = ", found without a line and recorded later" if line.recorded == "found" else ""
            release = line.release or "no release"
            text = f"{line.bundle} for {release}, subject {line.subject_sha256[:12]}{late}"
        else:
            text = f"joins {' and '.join(previous[:12] for previous in line.previous)}"
        fork = f"; {followed[digest]} lines follow it: a fork" if digest in ledger.forks else ""
        lines.append(visible(f"{line.number} {digest[:12]} {text}{fork}"))
    lines += [visible(f"{found.code}: {found.name} {found.message}") for found in problems]
    return [*lines, f"{len(ledger.entries)} dispatches, {len(ledger.joins)} joins; head {ledger.head}"]


def ledger_json(ledger: Ledger, problems: Sequence[Finding]) -> dict[str, Any]:
    """Everything that the lines say, as JSON."""
    return {
        "head": ledger.head,
        "number": ledger.number,
        "lines": [{"digest": digest, **vars(line)} for digest, line in ledger.lines.items()],
        "findings": [vars(found) for found in problems],
    }


def late_lines(ledger: Ledger, bundle: str) -> list[str]:
    """What the dispatch of `bundle` found without a line and recorded before its own."""
    entries = list(ledger.entries)
    own = next((i for i, entry in enumerate(entries) if entry.bundle == bundle), 0)
    found = []
    for entry in reversed(entries[:own]):
        if entry.recorded != "found":
            break
        found.append(f"recorded late: {entry.bundle}, which its own dispatch had not")
    return found[::-1]
