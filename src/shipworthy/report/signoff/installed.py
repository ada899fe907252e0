"""What a verdict is worth to the contracts that are installed."""

from __future__ import annotations

from dataclasses import replace

from ...contract import Catalogue, Reason, Verdict, VerdictWord
from ...evidence.verify import Verified, tried_otherwise
from ...evidence.verify.contents import Contents
from .cited import all_cited


def as_installed(verified: Verified, contents: Contents | None, catalogue: Catalogue) -> Verdict:
    """The verdict; BLOCKED by stale_contract where the gate that discharges it was not tried as installed.

    A criterion hash binds neither planted defects nor limits, and a proof of non-vacuity shows only what it
    was made of. What is red stays red, whatever it was tried by.
    """
    verdict, installed = verified.verdict, catalogue.contracts
    if not verdict.discharged or contents is None or verified.id not in installed:
        return verdict
    own = contents.catalogue.contracts
    tried = {verified.id, *all_cited(verified.id, catalogue)} & own.keys() & installed.keys()
    if any(tried_otherwise(own[name], installed[name]) for name in tried):
        return replace(verdict, verdict=VerdictWord.BLOCKED, reasons=(Reason.STALE_CONTRACT,))
    return verdict
