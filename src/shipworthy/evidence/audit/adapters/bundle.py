"""A bundle of shipworthy's own, verified: every verdict is derived again, none taken from what it states."""

from __future__ import annotations

from pathlib import Path

from ...verify import verify_bundle
from ..places import pointer
from ..receipt import Claim, Receipt, Subject


def read(file: str, path: Path) -> Receipt:
    """The criteria that its statement reports; the document is the Verification.

    Raises FileError where a file is not the manifest's, or cannot be read as what it is.
    """
    verification = verify_bundle(path)
    predicate = verification.bundle.predicate
    claims = tuple(
        Claim(
            entry["id"],
            entry["id"],
            entry["verdict"],
            entry["verdict"] == "DISCHARGED",
            file,
            pointer("predicate", "criteria", index),
        )
        for index, entry in enumerate(predicate["criteria"])
    )
    subjects = (
        Subject(
            predicate["subject"]["name"],
            predicate["subject"]["sha256"],
            file,
            pointer("predicate", "subject"),
        ),
    )
    return Receipt(file, "shipworthy-bundle", verification, claims=claims, subjects=subjects)
