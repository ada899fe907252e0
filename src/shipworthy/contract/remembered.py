"""Contracts that were read and checked before, by the SHA-256 of their bytes: only what changed is read anew.

Used by `compile` alone. What depends on other files (hosts, data, ids) is checked each time all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..canonical import sha256_bytes
from ..compile_cache import read_entry, write_entry
from ..strict_yaml import Document

_NAME = "checked"


class Remembered:
    """The values of checked contracts of one directory: `document` looks one up, `keep` adds, `save` ends."""

    def __init__(self, contracts: Path) -> None:
        self.contracts = contracts
        found = read_entry(contracts, _NAME)
        self._known: dict[str, Any] = found if isinstance(found, dict) else {}
        self._used: dict[str, Any] = {}

    def document(self, path: Path) -> Document | None:
        """The document at a path, if exactly these bytes were checked before."""
        try:
            data = path.read_bytes()
        except OSError:
            return None
        digest = sha256_bytes(data)
        value = self._known.get(digest)
        if not isinstance(value, dict):
            return None
        self._used[digest] = value
        return Document(value, path, data)

    def keep(self, document: Document) -> None:
        """Note a document in which nothing is wrong."""
        self._used[sha256_bytes(document.data)] = document.value

    def save(self) -> None:
        """Write what this run used; what it did not is forgotten."""
        if self._used.keys() != self._known.keys():
            write_entry(self.contracts, _NAME, self._used)
