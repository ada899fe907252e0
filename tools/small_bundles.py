"""Small real bundles, each with a number of its own: a subject that was refused before any gate ran."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shipworthy.evidence import bundle_name, json_bytes, make_statement

_STARTED = datetime(2026, 5, 15, 21, 44, 35, tzinfo=UTC)


def bundle_files(number: int) -> tuple[str, dict[str, bytes]]:
    """Name and files of a bundle."""
    started = _STARTED + timedelta(seconds=number)
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
