"""What `shipworthy compile` did the last time, remembered by digest, so that it need not do it again.

A convenience and nothing else. Whoever can write the cache can make it say anything, so a dispatch, `lint`
and `compile --check` never look at it: they read the contracts' own bytes. What is damaged, or was left by
other sources of this package, is as good as absent.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from .atomic import write_bytes
from .digest_cache import cache_directory
from .errors import FileError
from .own_sources import sources_sha256

EXTENSION_GROUPS = ("shipworthy.probes", "shipworthy.planted_defects")
_MADE = frozenset({"proofs", "__pycache__"})


def extended() -> bool:
    """Whether an installed distribution brings probes or planted defects; then nothing is remembered."""
    return any(entry_points(group=group) for group in EXTENSION_GROUPS)


def unchanged(contracts: Path, outputs: Iterable[Path]) -> bool:
    """Whether contracts and outputs are, byte for byte, what they were when `remember` was called."""
    state = read_entry(contracts, "outputs")
    return state is not None and state == _state(contracts, outputs)


def remember(contracts: Path, outputs: Iterable[Path]) -> None:
    """Keep what contracts and outputs are now that the one is compiled from the other."""
    write_entry(contracts, "outputs", _state(contracts, outputs))


def _state(contracts: Path, outputs: Iterable[Path]) -> dict[str, Any]:
    return {"contracts": _digest(contracts), "outputs": [_digest(path) for path in outputs]}


def _digest(path: Path) -> str:
    """Of a file, or of everything below a directory by name, but what is made from it by others."""
    files = [path]
    if path.is_dir():
        files = sorted(found for found in path.rglob("*") if _MADE.isdisjoint(found.relative_to(path).parts))
    total = hashlib.sha256()
    for file in files:
        name = file.relative_to(path).as_posix()
        content = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no file"
        total.update(f"{name}\0{content}\0".encode(errors="surrogateescape"))
    return total.hexdigest()


def read_entry(contracts: Path, name: str) -> Any:
    """What was kept under a name for a contracts directory by these sources, or None."""
    try:
        entry = json.loads(_place(contracts, name).read_bytes())
        return entry["kept"] if entry["maker"] == _maker() else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write_entry(contracts: Path, name: str, value: Any) -> None:
    """Keep a JSON value for the next time, unless an extension is installed."""
    if extended():
        return
    data = json.dumps({"maker": _maker(), "kept": value}, allow_nan=False).encode()
    # A cache that cannot be written costs time, nothing else.
    with suppress(FileError):
        write_bytes(_place(contracts, name), data)


def _maker() -> str:
    """A digest of our own sources, and the Python that ran them. With an extension it equals nothing kept."""
    return f"{'extended' if extended() else sources_sha256()} {sys.version}"


def _place(contracts: Path, name: str) -> Path:
    key = hashlib.sha256(str(contracts.resolve()).encode(errors="surrogateescape")).hexdigest()[:24]
    return cache_directory() / "contracts" / f"{key}-{name}.json"
