"""What a document says about criteria: credit given or withheld, by key or within a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..places import leaves, pointer
from ..receipt import Claim

_ID = re.compile(
    r"\b(AC-SHIP\d+-\d{3}|C-0\d|P0-(?:Q4K|[A-Z])|CROSS-[A-Z]{1,20}(?:-[A-Z]{1,20}){0,3})(?![A-Z0-9-])"
)
_KEY_ID = re.compile(r"^(ac[-_]ship\d+[-_]\d{3})(?=$|[-_ ])", re.IGNORECASE)
_WITHHELD = re.compile(
    r"\b(NOT|BLOCKED|FAIL\w*|MISS(?:ED)?|PENDING|UNMEASURABLE|INCONCLUSIVE|DEFECT|NO|PARTIAL\w*|REFUSED|BROKEN)\b"
    r"|[\u274c\u2717\u2718]",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(DISCHARGED|FUNCTIONAL|PASS(?:ED|ES)?|CONFIRMED|SATISFIED|YES|GREEN|FIXED|MET|OK)\b"
    r"|[\u2705\u2713\u2714\u2611]",
    re.IGNORECASE,
)
_FLAGS = frozenset(
    {"discharged", "functional", "passed", "pass", "confirmed", "satisfied", "green", "met", "ok"}
)
"""What an object under a criterion's key calls the credit that is true or false."""
_SEGMENT = re.compile(r"→|->|;|\. ")


def claims_of(file: str, document: Any) -> Iterator[Claim]:
    """Every claim. Under a key that names a criterion the first word decides, in a sentence its own part.

    A part that gives no credit and withholds none mentions the criterion, and is no claim. True and false are
    one under a criterion's key, or under a word of credit within its object; a number may be a weight or a
    count, and is none.
    """
    for keys, value in leaves(document):
        if isinstance(value, bool):
            yield from _flag(file, keys, value)
        if not isinstance(value, str):
            continue
        named = [str(key) for key in keys if isinstance(key, str) and _named(key)]
        if named and (credited := credit_of(value)) is not None:
            yield Claim(_named(named[-1]), named[-1], value, credited, file, pointer(*keys))
        for part in _SEGMENT.split(value):
            names = dict.fromkeys(match[1] for match in _ID.finditer(part))
            credited = _in_sentence(part) if names else None
            for name in names if credited is not None else ():
                if name not in map(_named, named):
                    yield Claim(name, name, part.strip(), bool(credited), file, pointer(*keys))


def _flag(file: str, keys: tuple[str | int, ...], value: bool) -> Iterator[Claim]:
    texts = [str(key) for key in keys]
    key = texts[-1] if texts else ""
    named = key if _named(key) else texts[-2] if key.lower() in _FLAGS and len(texts) > 1 else ""
    if criterion := _named(named):
        yield Claim(criterion, named, str(value).lower(), value, file, pointer(*keys))


def criterion_ids(document: Any) -> set[str]:
    """Every criterion that a document names, in keys or text."""
    found: set[str] = set()
    for keys, value in leaves(document):
        found |= {_named(key) for key in keys if isinstance(key, str) and _named(key)}
        if isinstance(value, str):
            found |= {match[1] for match in _ID.finditer(value)}
    return found


def _named(key: str) -> str:
    """The criterion that a key names, whatever its case and suffix; "" where it names none."""
    if match := _KEY_ID.match(key):
        return match[1].upper().replace("_", "-")
    match = _ID.fullmatch(key)
    return match[1] if match else ""


def credit_of(text: str) -> bool | None:
    """What the first telling word of a value says: credit, none (False), or nothing (None)."""
    given, withheld = _GIVEN.search(text), _WITHHELD.search(text)
    if given is None:
        return None if withheld is None else False
    return withheld is None or given.start() < withheld.start()


def _in_sentence(part: str) -> bool | None:
    """A sentence gives credit only where it withholds none."""
    if _WITHHELD.search(part):
        return False
    return True if _GIVEN.search(part) else None
