"""A ledger held against the directory that it lies in: what is gone, altered, or was never recorded."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from ...canonical import sha256_bytes
from ...errors import FileError, display_path
from ...regular_files import read_regular
from ..bundle import list_bundles, read_bundle
from ..files import MANIFEST, MOST_JSON
from .chain import Ledger
from .write import LEDGER, identities, interrupted, reading

COPIED = "bundle-copied"
"""A bundle that states what another one states: one dispatch under two names."""


@dataclass(frozen=True)
class Finding:
    """What does not agree: a stable code, the name of the bundle or file, and what is wrong with it."""

    code: str
    name: str
    message: str


def examine(root: Path) -> tuple[Ledger, list[Finding]]:
    """The ledger of a directory and what does not agree with it, while nobody appends. Raises FileError."""
    with reading(root) as ledger:
        return ledger, _findings(root, ledger)


def _findings(root: Path, ledger: Ledger) -> list[Finding]:
    """`bundle-gone`, `bundle-altered`, `bundle-copied`, `bundle-not-recorded`, `bundle-not-named`,
    `interrupted` and `torn-line`.

    Of a bundle that has a line only the manifest is held against it; `read_bundle` holds the files against
    that.
    """
    manifests: dict[str, set[str]] = {}
    for entry in ledger.entries:
        manifests.setdefault(entry.bundle, set()).add(entry.manifest_sha256)
    present = {path.name: path / MANIFEST for path in list_bundles(root)}
    gone = [
        Finding("bundle-gone", name, "is recorded, and is not there") for name in manifests.keys() - present
    ]
    altered = [
        Finding("bundle-altered", name, "is not the bundle that was recorded")
        for name, manifest in present.items()
        if name in manifests and _digest(manifest) not in manifests[name]
    ] + [
        Finding("bundle-altered", name, "is two bundles by the lines of two branches, and one is not there")
        for name in present
        if len(manifests.get(name, ())) > 1
    ]
    copies = _copies(root, present.keys() - manifests.keys(), present.keys() & manifests.keys())
    copied = [Finding(COPIED, copy, f"is a copy of {of}: remove it") for copy, of in copies.items()]
    others = [
        Finding("bundle-not-recorded", name, "lies there, and has no line in the ledger")
        for name in present.keys() - manifests.keys() - copies.keys()
    ]
    left = [_stopped(path) for path in interrupted(root)]
    message = f"{ledger.torn} bytes of a last line; the next dispatch finishes it or cuts it off"
    torn = [Finding("torn-line", LEDGER, message)] if ledger.torn else []
    return [
        *(found for kind in (gone, altered, copied, others) for found in sorted(kind, key=_name)),
        *left,
        *torn,
    ]


def _stopped(path: Path) -> Finding:
    """What a dispatch left that was stopped before its bundle had a name: all of it, or a part."""
    try:
        read_bundle(path)
    except FileError:
        message = (
            "was never finished, and may be all there is of a red dispatch; nothing but this removes it: "
            f"rm -r -- {quote(display_path(path))}"
        )
        return Finding("interrupted", path.name, message)
    return Finding("bundle-not-named", path.name, "is whole; the next dispatch gives it its name and a line")


def _copies(root: Path, without: Set[str], recorded: Set[str]) -> dict[str, str]:
    """Of the bundles without a line those that state what a recorded one states, and which that is."""
    if not without:
        return {}
    known = {identity: path.name for path, identity in identities(root / name for name in recorded).items()}
    found = identities(root / name for name in without)
    return {path.name: known[identity] for path, identity in found.items() if identity in known}


def _digest(manifest: Path) -> str:
    """Of what can be a manifest: a hole of any size, a link or a pipe is none that was recorded."""
    try:
        return sha256_bytes(read_regular(manifest, MOST_JSON, follow=False))
    except FileError:
        return ""


def _name(finding: Finding) -> str:
    return finding.name
