"""One line of a ledger: an entry for a bundle, or a join of two ledgers. RFC 8785, SHA-256 chained."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...canonical import canonical, sha256_bytes, strict_loads

SCHEMA = "shipworthy/ledger/1"
GENESIS = "0" * 64
"""What the first line of a ledger names as the one before it."""

Recorded = Literal["dispatch", "found"]
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_ENTRY_KEYS = {
    "bundle", "manifest_sha256", "number", "previous", "recorded", "release", "schema", "started",
    "subject_sha256",
}  # fmt: skip
_JOIN_KEYS = {"join", "number", "previous", "schema"}
_LONGEST = 4096


class BadLine(ValueError):
    """A line that is no line of a ledger; the text says why."""


@dataclass(frozen=True)
class Entry:
    """One bundle. `previous` holds the SHA-256 of the line before; `started` is ISO 8601.

    `recorded` is `dispatch` where the dispatch itself wrote the line, and `found` where the bundle lay
    there without one when the ledger was next written to.
    """

    number: int
    previous: tuple[str, ...]
    bundle: str
    manifest_sha256: str
    subject_sha256: str
    release: str | None
    started: str
    recorded: Recorded

    def line(self) -> bytes:
        """The RFC 8785 bytes, without the newline. Raises ValueError for text that is no Unicode."""
        return canonical({**vars(self), "previous": list(self.previous), "schema": SCHEMA})


@dataclass(frozen=True)
class Join:
    """Two ledgers that had gone apart are one from here on. `previous` holds the heads of both, sorted."""

    number: int
    previous: tuple[str, ...]

    def line(self) -> bytes:
        """The RFC 8785 bytes, without the newline."""
        return canonical(
            {"join": True, "number": self.number, "previous": list(self.previous), "schema": SCHEMA}
        )


Line = Entry | Join


def line_digest(line: bytes) -> str:
    """What the next line names: SHA-256 of the bytes without the newline."""
    return sha256_bytes(line)


def parse_line(data: bytes) -> Line:
    """The entry or join that a line states. Raises BadLine, also where its bytes are not canonical."""
    if len(data) > _LONGEST:
        raise BadLine(f"is {len(data)} bytes long; a line has at most {_LONGEST}")
    try:
        value = strict_loads(data)
    except ValueError as error:
        raise BadLine(f"is not strict JSON: {error}") from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise BadLine(f"is not of the schema {SCHEMA}")
    line = _join(value) if value.keys() == _JOIN_KEYS else _entry(value)
    # The keys are ASCII, and the values texts, integers and null: of these the sorted compact form that
    # Python writes is RFC 8785, at a fifth of the time. A test holds both against each other.
    compact = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if compact.encode(errors="replace") != data:
        raise BadLine("is not in its canonical form (RFC 8785)")
    return line


def _entry(value: Mapping[str, Any]) -> Entry:
    if value.keys() != _ENTRY_KEYS:
        raise BadLine(f"has the keys {', '.join(sorted(value))}")
    texts = (value["bundle"], value["started"])
    if not all(isinstance(text, str) and text for text in texts):
        raise BadLine("does not name a bundle and when it began")
    if not (value["release"] is None or isinstance(value["release"], str)):
        raise BadLine("names a release that is no text")
    if not (_is_digest(value["manifest_sha256"]) and _is_digest(value["subject_sha256"])):
        raise BadLine("has a digest that is not 64 small hexadecimal digits")
    if value["recorded"] not in ("dispatch", "found"):
        raise BadLine("is recorded neither by its dispatch nor as found")
    previous = _previous(value)
    if len(previous) != 1:
        raise BadLine(f"follows {len(previous)} lines; an entry follows one")
    fields = {key: value[key] for key in _ENTRY_KEYS - {"schema", "previous", "number"}}
    return Entry(number=_number(value), previous=previous, **fields)


def _join(value: Mapping[str, Any]) -> Join:
    previous = _previous(value)
    if value["join"] is not True or len(previous) < 2 or list(previous) != sorted(set(previous)):
        raise BadLine("joins what are not two or more lines, sorted")
    return Join(_number(value), previous)


def _previous(value: Mapping[str, Any]) -> tuple[str, ...]:
    previous = value["previous"]
    if not (isinstance(previous, list) and all(_is_digest(digest) for digest in previous)):
        raise BadLine("does not name the digest of the line before")
    return tuple(previous)


def _number(value: Mapping[str, Any]) -> int:
    number = value["number"]
    if type(number) is not int or not 1 <= number < 2**53:
        raise BadLine(f"has the number {number!r}")
    return number


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.match(value) is not None
