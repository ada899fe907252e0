"""A list of digests as `sha256sum` writes it: 64 hex digits, a blank, a name."""

from __future__ import annotations

import re

from ..receipt import Receipt

_LINE = re.compile(r"^([0-9a-fA-F]{64}) [ *](\S.*)$")


def recognises(text: str) -> bool:
    """Whether every line that is not empty is a digest and a name."""
    lines = [row.rstrip("\r") for row in text.split("\n") if row.strip()]
    return bool(lines) and all(_LINE.match(row) for row in lines)


def read(file: str, text: str) -> Receipt:
    """The digests by name."""
    matches = [match for row in text.split("\n") if (match := _LINE.match(row.rstrip("\r")))]
    digests = {match[2]: match[1].lower() for match in matches}
    return Receipt(file, "digests", [match[0] for match in matches], digests=digests)
