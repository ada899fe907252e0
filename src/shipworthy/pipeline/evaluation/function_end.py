"""Where a function that was begun has ended: at the first line of Python that stands at the margin.

A line inside a string or brackets, one that goes on from a backslash, a blank one and a comment do not end
it. Nothing is parsed here; one pass over the text tells strings, comments and brackets apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(
    r"""(?P<comment>\#[^\r\n]*)
    | (?P<long>\"{3}|'{3})
    | (?P<short>"(?:\\(?:\r\n|[\s\S])|[^"\\\r\n])*"?|'(?:\\(?:\r\n|[\s\S])|[^'\\\r\n])*'?)
    | (?P<joined>\\(?:\r\n?|\n))
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<line>\r\n?|\n)""",
    re.VERBOSE,
)
_LONG_ENDS = {quotes: re.compile(rf"(?:\\[\s\S]|[^\\])*?{quotes}") for quotes in ('"""', "'''")}
_AT_MARGIN = re.compile(r"(?:[ \t]*\f)*[^ \t\f\r\n#]")
"""A form feed puts the reader back to the margin."""


def function_end(text: str, begin: int) -> int | None:
    """The offset of the first line at the margin that begins at `begin` or behind it, or None.

    `text` is Python up to `begin`. A line that is cut off before its first visible character has not been
    seen yet.
    """
    starts = (start for start in logical_lines(text) if start >= begin)
    return next((start for start in starts if _AT_MARGIN.match(text, start)), None)


def logical_lines(text: str) -> Iterator[int]:
    """The offsets at which a line of Python may begin: behind the end of one outside strings and brackets."""
    depth, at = 0, 0
    yield 0
    while (piece := _PIECE.search(text, at)) is not None:
        at = piece.end()
        match piece.lastgroup:
            case "long":
                ended = _LONG_ENDS[piece.group()].match(text, at)
                if ended is None:
                    return
                at = ended.end()
            case "open":
                depth += 1
            case "close":
                depth = max(0, depth - 1)
            case "line" if depth == 0:
                yield at
