"""JSON values that every reader takes alike: what RFC 8785 cannot hash is written as text.

An integer beyond 2^53 loses digits in readers that know only doubles, and half of a surrogate pair is no
character: both become strings. `1.0` and `1` are one number, and are written `1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXACT = 2**53 - 1
"""The largest integer that a double holds exactly, together with all below it."""


def portable(value: Any) -> Any:
    """The same JSON value in the form in which it is signed. Raises ValueError where two keys become one."""
    if value is None or type(value) is bool:
        return value
    if isinstance(value, str):
        # Enumerations of ours are strings too; what is written is their text.
        return str(value) if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -EXACT <= value <= EXACT else str(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and -EXACT <= value <= EXACT else value
    if isinstance(value, dict | Mapping):
        items = {portable(key): portable(item) for key, item in value.items()}
        if len(items) != len(value):
            raise ValueError("two keys are one when written as text")
        return items
    if isinstance(value, list | tuple):
        return [portable(item) for item in value]
    return value
