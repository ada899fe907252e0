"""Where two texts part."""

from __future__ import annotations


def first_difference(before: bytes, after: bytes) -> int | None:
    """The offset of the first byte that differs or is one side's alone, or None where there is none."""
    if before == after:
        return None
    shorter = min(len(before), len(after))
    return next((at for at in range(shorter) if before[at] != after[at]), shorter)
