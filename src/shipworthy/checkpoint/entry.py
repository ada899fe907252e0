"""What a checkpoint says of one tensor, before any of its values are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TensorEntry:
    """One tensor: `shape` row-major ([out, in] for weights), `offset` absolute in `file`; sizes in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    offset: int
    file: Path
