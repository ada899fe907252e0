"""What keeps a bundle from proving the criteria that are asked for, although its samples give its verdicts.

Verification derives by the contracts that lie in the bundle, whoever wrote them. A bound that was loosened in
there, planted defects that were cut, or a registration of another model makes it proof of something else.
"""

from __future__ import annotations

from ...contract import Catalogue, Reason
from ..verify import Verification, stale_findings
from ..verify.finding import Finding as Stale
from .dossier import Dossier
from .receipt import Receipt

Why = tuple[Reason, str]


def stale(dossier: Dossier, receipt: Receipt) -> list[Stale]:
    """Each criterion, the registration and the release, where the installed one is another."""
    return stale_findings(receipt.document, dossier.catalogue.root)


def another_model(dossier: Dossier, receipt: Receipt) -> tuple[str, str] | None:
    """The bundle's registration and that of the release whose criteria are asked for, where they differ."""
    contents, release = receipt.document.contents, dossier.release
    if contents is None or release is None or contents.registration.id == release.registration:
        return None
    return contents.registration.id, release.registration


def unfit(dossier: Dossier, receipt: Receipt) -> dict[str, tuple[Why, ...]]:
    """Why a bundle proves nothing, by criterion.

    It was made with other contracts than the installed ones, with planted defects left out, over a criterion
    of which that is so, or on another model than the release's.
    """
    verification: Verification = receipt.document
    contents, release = verification.contents, dossier.release
    if contents is None:
        return {}
    found = {finding.where: finding.message for finding in stale(dossier, receipt)}
    model = found.get(f"models/{contents.registration.id}")
    differs = another_model(dossier, receipt)
    result = {}
    for criterion in verification.criteria:
        whys: list[Why] = []
        for name in (criterion.id, *sorted(_cited(criterion.id, contents.catalogue) - {criterion.id})):
            if problem := found.get(name):
                cited = "" if name == criterion.id else f"{name}, which it rests on: "
                whys.append((Reason.STALE_CONTRACT, f"{receipt.file}: {cited}{problem}"))
        if model is not None:
            whys.append((Reason.STALE_CONTRACT, f"{receipt.file}: its registration {model}"))
        if differs is not None and release is not None and criterion.id in release.weights:
            what = f"{receipt.file} is of {differs[0]}, and {release.id} of {differs[1]}"
            whys.append((Reason.UNREGISTERED, what))
        result[criterion.id] = tuple(whys)
    return result


def _cited(name: str, catalogue: Catalogue) -> set[str]:
    """The criteria that a compound or a battery cites, at any depth."""
    found: set[str] = set()
    left = [name]
    while left:
        contract = catalogue.contracts.get(left.pop())
        new = set(contract.all_of) - found if contract is not None else set()
        found |= new
        left += new
    return found
