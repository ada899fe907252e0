"""What `validate` prints for people: the findings, each on a line, then the notes and the limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..checkpoint.finding import Finding, Report
from ..errors import visible

_SHOWN = 20
"""Findings of one code; a hostile file can have a million."""
_LONGEST = 400
"""Characters of a sentence; a field can hold a megabyte."""


def validation_lines(report: Report) -> Iterator[str]:
    """One verdict line, then everything that it counts. Characters that a terminal would obey are escaped."""
    counted = report.counted
    verdict = "no findings" if report.ok else f"{len(report.findings)} findings"
    looked_at = f"{counted['tensors']} tensors, {counted['values']:,} values, {counted['bytes']:,} bytes"
    yield f"{visible(report.name)}: {report.format}, {verdict} in {looked_at}"
    yield from _lines("finding", report.findings)
    yield from _lines("note", report.notes)
    for what in report.not_checked:
        yield f"not checked: {what}"


def _lines(kind: str, findings: Iterable[Finding]) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.code] += 1
        if seen[finding.code] <= _SHOWN:
            fix = f"; {finding.fix}" if finding.fix else ""
            what = finding.what if len(finding.what) <= _LONGEST else f"{finding.what[:_LONGEST]}..."
            yield f"{kind}: {visible(what)} [{finding.code}]{visible(fix)}"
    for code, count in seen.items():
        if count > _SHOWN:
            yield f"{kind}: {count - _SHOWN} more [{code}]; --json names them all"
