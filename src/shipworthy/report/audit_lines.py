"""What `audit` prints for people: findings by file, the criteria that are claimed, what was not read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from ..errors import shortened, visible

if TYPE_CHECKING:
    from ..evidence.audit import Audit


def audit_lines(found: Audit) -> Iterator[str]:
    """Line by line, what a terminal would obey written as its escape."""
    for line in _lines(found):
        yield shortened(visible(line))


def _lines(found: Audit) -> Iterator[str]:
    kinds = {receipt.file: receipt.kind for receipt in found.receipts}
    for file, findings in groupby(found.findings, key=lambda finding: finding.file):
        yield f"{file} ({kinds.get(file, 'not read')})"
        for finding in findings:
            yield f"  {finding.code} at {finding.place or 'the whole file'}"
            yield f"    {finding.what}"
    for file in (file for file in kinds if all(finding.file != file for finding in found.findings)):
        yield f"{file} ({kinds[file]}): no finding"
    if found.criteria:
        yield f"criteria{f', as {found.release} asks for them' if found.release else ''}"
    for row in found.criteria:
        reasons = ", ".join(dict.fromkeys(str(reason) for reason, _ in row.reasons))
        yield f"  {row.criterion}: {row.verdict}{f' by {reasons}' if reasons else ''} ({row.title})"
        for claim in row.claimed:
            yield f"    claimed: {claim}"
        for reason, what in row.reasons:
            yield f"    {reason}: {what}"
    for left in found.not_read:
        yield f"not read: {left.file}: {left.why}"
    count = len(found.findings)
    yield (
        f"{count} finding{'' if count == 1 else 's'} in {len(found.receipts)} receipts; "
        f"not read: {len(found.not_read)}"
    )
