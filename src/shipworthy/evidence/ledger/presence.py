"""A ledger held against the directory that it lies in: what is gone, altered, or was never recorded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...canonical import sha256_file
from ..bundle import list_bundles
from ..files import MANIFEST
from .chain import Ledger
from .write import LEDGER, interrupted, reading


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
    """`bundle-gone`, `bundle-altered`, `bundle-not-recorded`, `interrupted` and `torn-line`, in this order.

    Of a bundle only the manifest is held against the line; `read_bundle` holds the files against that.
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
    ]
    others = [
        Finding("bundle-not-recorded", name, "lies there, and has no line in the ledger")
        for name in present.keys() - manifests.keys()
    ]
    left = [
        Finding(
            "interrupted", path.name, "was never finished; its dispatch was stopped, and only you remove it"
        )
        for path in interrupted(root)
    ]
    message = f"{ledger.torn} bytes of a last line; the next dispatch finishes it or cuts it off"
    torn = [Finding("torn-line", LEDGER, message)] if ledger.torn else []
    return [*(found for kind in (gone, altered, others) for found in sorted(kind, key=_name)), *left, *torn]


def _digest(manifest: Path) -> str:
    return sha256_file(manifest) if manifest.is_file() else ""


def _name(finding: Finding) -> str:
    return finding.name
