"""What a checkpoint says of one tensor, before any of its values are read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MAX_ELEMENTS = (1 << 61) - 1
"""As float32 they still have a size that 63 bits count."""


@dataclass(frozen=True)
class TensorEntry:
    """One tensor: `shape` row-major ([out, in] for weights), `offset` absolute in `file`; sizes in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    offset: int
    file: Path


def has_too_many_elements(shape: Iterable[int]) -> bool:
    """Whether no array can have this shape. A length of zero counts as one: numpy multiplies the others."""
    return math.prod(max(size, 1) for size in shape) > MAX_ELEMENTS
