"""JSON values and calls as Python source, wrapped as black wraps them at 100 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

COLUMNS = 100
_INDENT = "    "


class Name(str):
    """Source that stands as it is, such as a variable."""

    __slots__ = ()


def inline(value: Any) -> str:
    """A value on one line, strings in double quotes."""
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{inline(key)}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return repr(value)


def _wrapped(value: Any, *, indent: int, before: int) -> str:
    """A value with a comma to follow, `before` columns into a line at `indent` levels."""
    line = inline(value)
    if before + len(line) + 1 <= COLUMNS or not isinstance(value, Mapping | list | tuple) or not value:
        return line
    pad = _INDENT * (indent + 1)
    if isinstance(value, Mapping):
        opening, closing = "{", "}"
        items = [(f"{inline(key)}: ", item) for key, item in value.items()]
    else:
        opening, closing = "[", "]"
        items = [("", item) for item in value]
    return "\n".join([opening, *_one_a_line(items, indent + 1, pad), f"{_INDENT * indent}{closing}"])


def _one_a_line(items: Sequence[tuple[str, Any]], indent: int, pad: str) -> list[str]:
    return [
        f"{pad}{start}{_wrapped(value, indent=indent, before=len(pad) + len(start))},"
        for start, value in items
    ]


def statement(
    prefix: str, function: str, positional: Sequence[Any], keywords: Mapping[str, Any] | None = None
) -> str:
    """`prefix function(positional, key=value)` inside a function body, without a newline at the end."""
    arguments = [("", value) for value in positional]
    arguments += [(f"{key}=", value) for key, value in (keywords or {}).items()]
    joined = ", ".join(start + inline(value) for start, value in arguments)
    opening = f"{_INDENT}{prefix}{function}("
    if len(opening) + len(joined) + 1 <= COLUMNS:
        return f"{opening}{joined})"
    pad = _INDENT * 2
    body = [pad + joined] if len(pad) + len(joined) <= COLUMNS else _one_a_line(arguments, 2, pad)
    return "\n".join([opening, *body, f"{_INDENT})"])
