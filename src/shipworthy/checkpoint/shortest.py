"""Numbers that passed through float32, as people wrote them."""

from __future__ import annotations

import math
import struct


def shortest_float32(value: float) -> float:
    """The shortest decimal that rounds to this float32: 9.999999747378752e-06 is 1e-05.

    Not finite values pass through.
    """
    if not math.isfinite(value):
        return value
    stored = struct.pack("<f", value)
    for digits in range(1, 10):
        candidate = float(f"{value:.{digits}g}")
        if _packs_to(candidate, stored):
            return candidate
    return value


def _packs_to(candidate: float, stored: bytes) -> bool:
    try:
        return struct.pack("<f", candidate) == stored
    except OverflowError:
        return False
