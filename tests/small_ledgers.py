"""Ledgers with small bundles, and the lines of one without any."""

from __future__ import annotations

from pathlib import Path

from small_bundles import bundle_files

from shipworthy.evidence.ledger import GENESIS, Entry, Ledger, read_lines, record_bundle
from shipworthy.evidence.ledger.entry import line_digest

__all__ = ["bundle_files", "chain", "entry", "record"]


def record(root: Path, *numbers: int) -> list[Path]:
    """Record a small bundle for each number."""
    return [record_bundle(root, *bundle_files(number)) for number in numbers]


def entry(number: int, previous: str, name: str = "bundle") -> Entry:
    """An entry for a bundle that need not be anywhere."""
    digest = f"{number:064x}"
    return Entry(
        number, (previous,), f"{name}-{number}", digest, digest, "fixture", "2026-05-15T21:44:35", "dispatch"
    )


def chain(length: int, *, after: Ledger | None = None, name: str = "bundle") -> Ledger:
    """A ledger of `length` entries that follow one another, or follow another ledger."""
    data = b"" if after is None else after.data()
    number, head = (0, GENESIS) if after is None else (after.number, after.head)
    for _ in range(length):
        number += 1
        line = entry(number, head, name).line()
        head = line_digest(line)
        data += line + b"\n"
    return read_lines(data, Path("ledger.jsonl"))
