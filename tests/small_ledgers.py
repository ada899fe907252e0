"""Ledgers with small bundles, and the lines of one without any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shipworthy.evidence import bundle_name, json_bytes, make_statement
from shipworthy.evidence.ledger import GENESIS, Entry, Ledger, read_lines, record_bundle
from shipworthy.evidence.ledger.entry import line_digest

STARTED = datetime(2026, 5, 15, 21, 44, 35, tzinfo=UTC)


def bundle_files(number: int) -> tuple[str, dict[str, bytes]]:
    """Name and files of the bundle of a subject that was refused at the door; each number has its own."""
    started = STARTED + timedelta(seconds=number)
    digest = f"{number:012x}" + "0" * 52
    predicate = {
        "signature": "none",
        "started": started.isoformat(timespec="seconds"),
        "release": "fixture",
        "subject": {"name": "model.apr", "sha256": digest},
        "refused": {"code": "truncated", "message": "the file ends at byte 7", "offset": 7},
        "criteria": [],
    }
    statement = make_statement("model.apr", digest, predicate)
    return bundle_name(started, digest), {
        "statement.json": json_bytes(statement),
        "environment.json": b"{}\n",
        "logs/one.log": b"",
        "measurements/FALSIFY-1.json": b"{}\n",
    }


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
