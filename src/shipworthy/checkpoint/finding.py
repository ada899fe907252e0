"""What `validate` reports: findings, notes, and what it did not look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something about the content of a readable file that is wrong.

    `code` is a stable kebab-case name, `what` one sentence, `where` a tensor or metadata field ("" is the
    whole file); `claimed` and `found` are JSON values, None where there is no such side.
    """

    code: str
    what: str
    where: str = ""
    claimed: Any = None
    found: Any = None
    fix: str = ""


@dataclass(frozen=True)
class Report:
    """What was found in one checkpoint; `notes` are worth knowing and no reason to refuse.

    `counted` says how much was looked at: tensors, values, bytes.
    """

    name: str
    format: str
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    not_checked: tuple[str, ...]
    counted: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether there is no finding."""
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """Strict JSON, keys in a fixed order."""
        return {
            "name": self.name,
            "format": self.format,
            "ok": self.ok,
            "findings": [asdict(finding) for finding in self.findings],
            "notes": [asdict(note) for note in self.notes],
            "not_checked": list(self.not_checked),
            "counted": dict(self.counted),
        }
