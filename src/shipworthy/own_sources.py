"""A digest of our own sources: what a run, a bench or a bundle was computed by. No path is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .canonical import sha256_file, sha256_json

_PACKAGE = Path(__file__).resolve().parent


def sources_sha256(parts: Sequence[str] = (".",)) -> str:
    """Lower-case hex SHA-256 over names and digests of the modules `parts`; a directory is all below it."""
    sources = {}
    for part in parts:
        path = _PACKAGE / part
        for source in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            sources[source.relative_to(_PACKAGE).as_posix()] = sha256_file(source)
    return sha256_json(sources)
