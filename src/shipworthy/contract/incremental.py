"""Bring a directory of gates up to date with a directory of contracts, reading only what changed."""

from __future__ import annotations

from pathlib import Path

from .compile import write_gates
from .load import load_catalogue
from .remembered import Remembered


def compile_directory(contracts: Path, gates: Path, *, check: bool = False) -> list[Path]:
    """The gates that were stale. With `check` nothing is written, and nothing is taken from a cache.

    Raises ContractError for the first contract that is wrong.
    """
    if check:
        return write_gates(load_catalogue(contracts), gates, check=True)
    remembered = Remembered(contracts)
    stale = write_gates(load_catalogue(contracts, remembered=remembered), gates)
    remembered.save()
    return stale
