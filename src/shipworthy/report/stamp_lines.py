"""What `stamp` prints for people: each field before and after, and the digests of both files."""

from __future__ import annotations

from collections.abc import Iterator

from ..checkpoint.stamp import StampReport
from ..errors import visible
from .difference_lines import short


def stamp_lines(report: StampReport) -> Iterator[str]:
    """Characters that a terminal would obey are escaped."""
    yield f"read {visible(report.name)}, sha256 {report.sha256}"
    for change in report.changes:
        before, after = ("absent" if v is None else short(v) for v in (change.before, change.after))
        yield f"{visible(change.field)}: {before} -> {after}"
    yield f"wrote {visible(report.out_name)}, sha256 {report.out_sha256}"
