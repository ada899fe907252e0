"""Bundles of our own: what verification finds in them."""

from __future__ import annotations

from collections.abc import Iterator

from ..bundle_fit import another_model, stale
from ..dossier import Dossier
from ..finding import WHOLE_FILE, Finding


def contradictions(dossier: Dossier) -> Iterator[Finding]:
    """Whatever a bundle states and its raw samples do not give."""
    for receipt in dossier.of("shipworthy-bundle"):
        for found in receipt.document.findings:
            what = f"{found.where}: {found.message} [{found.code}]"
            yield Finding("bundle-contradicts-itself", receipt.file, found.where, None, found.code, what)


def out_of_date(dossier: Dossier) -> Iterator[Finding]:
    """Criteria, registrations and releases of a bundle that are not the installed ones."""
    for receipt in dossier.of("shipworthy-bundle"):
        for found in stale(dossier, receipt):
            what = f"{found.where}: {found.message}; the bundle proves nothing of the installed one"
            yield Finding("bundle-stale", receipt.file, found.where, None, found.message, what)


def of_another_model(dossier: Dossier) -> Iterator[Finding]:
    """A bundle of another registration than that of the release whose criteria are asked for."""
    for receipt in dossier.of("shipworthy-bundle"):
        differs = another_model(dossier, receipt)
        if differs is not None and dossier.release is not None:
            own, asked = differs
            what = f"is of {own}; the criteria are asked for as {dossier.release.id} has them, of {asked}"
            yield Finding("bundle-of-another-model", receipt.file, WHOLE_FILE, own, asked, what)
