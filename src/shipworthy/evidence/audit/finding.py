"""What an audit reports: findings, each with its place, and what was not read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

WHOLE_FILE = ""
"""The place of a finding about a file as a whole; else a JSON pointer (RFC 6901) or `line N`."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with what a receipt says.

    `code` is a row of the table of rules, `file` a path relative to the audited directory, `claimed` and
    `found` JSON values (None where there is no such side), `what` one sentence.
    """

    code: str
    file: str
    place: str
    claimed: Any
    found: Any
    what: str

    def to_json(self) -> dict[str, Any]:
        """Strict JSON, keys in a fixed order; `why` says why it matters."""
        from .rules import RULES

        return {
            "code": self.code,
            "file": self.file,
            "place": self.place,
            "claimed": plain(self.claimed),
            "found": plain(self.found),
            "what": self.what,
            "why": RULES[self.code].why,
        }


@dataclass(frozen=True)
class NotRead:
    """A file that no adapter read, and why."""

    file: str
    why: str


def plain(value: Any) -> Any:
    """The same value with numbers as JSON has them."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 2**53:
            return int(value)
        return float(value) if math.isfinite(float(value)) else str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value
