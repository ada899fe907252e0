"""What a GGUF's header may become in memory, reckoned before anything of it is made."""

from __future__ import annotations

import struct

_SPARE = 24 << 20
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a scalar in the file, by the code of its type."""
_STRING, _ARRAY = 8, 9
_TEXT = 72
"""Of a string in a list, beside its characters and the eight bytes of its length, which count as some."""
MADE = {kind: size + (8 if size == 1 else 40) for kind, size in _SIZES.items()} | {
    _STRING: _TEXT,
    _ARRAY: 2048,
}
"""Bytes of memory that an element is reckoned to take once it is made, a string beside its text: ten bytes of
a file can make one. Arrays in arrays are reckoned dear, because each is passed again on the way to its parts.
"""
_ENTRY = struct.calcsize("2P")


class Budget:
    """Twice the file's size and _SPARE, the header's own bytes taken off.

    What is kept adds up; arrays are made when they are asked for and not kept, so the largest counts.
    """

    def __init__(self, size: int) -> None:
        # A bytearray that grows has an eighth more than it needs.
        self._allowed = 2 * size + _SPARE - size - size // 8
        self._kept = 0
        self._largest = 0

    def keeps(self, memory: int) -> bool:
        """Count what stays; whether all of it still fits."""
        self._kept += memory
        return self._fits()

    def makes(self, memory: int) -> bool:
        """Count an array; whether it fits beside what stays."""
        self._largest = max(self._largest, memory)
        return self._fits()

    def has_room(self, memory: int) -> bool:
        """Whether so much fits beside what stays and an array."""
        return self._kept + self._largest + memory <= self._allowed

    def _fits(self) -> bool:
        return self._kept + self._largest <= self._allowed


def set_of_encoded(count: int, nbytes: int) -> int:
    """Bytes of a set of `count` byte strings with `nbytes` in all, as it is when its table has just grown."""
    used, slots = 0, 8
    while slots * 3 // 5 < count:
        used = slots * 3 // 5
        wanted = used * 2 if used > 50_000 else used * 4
        while slots <= wanted:
            slots *= 2
    return count * 48 + nbytes + slots * _ENTRY * 3 // 2
