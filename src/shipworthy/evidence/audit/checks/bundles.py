"""Bundles of our own: what verification finds in them."""

from __future__ import annotations

from collections.abc import Iterator

from ..dossier import Dossier
from ..finding import Finding


def contradictions(dossier: Dossier) -> Iterator[Finding]:
    """Whatever a bundle states and its raw samples do not give."""
    for receipt in dossier.of("shipworthy-bundle"):
        for found in receipt.document.findings:
            what = f"{found.where}: {found.message} [{found.code}]"
            yield Finding("bundle-contradicts-itself", receipt.file, found.where, None, found.code, what)
