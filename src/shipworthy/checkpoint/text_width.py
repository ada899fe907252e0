"""How many bytes Python may take for a character of a text that is still UTF-8 or JSON."""

from __future__ import annotations

_BEYOND_16_BITS = tuple(bytes((lead,)) for lead in range(0xF0, 0xF5))


def text_width(data: bytes | bytearray) -> int:
    """1, 2 or 4; an upper bound, because a byte that is no text's counts as one of it."""
    if data.isascii() and b"\\u" not in data:
        return 1
    if any(lead in data for lead in _BEYOND_16_BITS) or b"\\ud" in data or b"\\uD" in data:
        return 4
    return 2
