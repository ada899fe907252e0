"""Which criteria of a bundle are the installed ones, with all that they cite.

The hash of a compound or a battery names the criteria that it cites and not what these say. So one that was
met over a cited criterion of another hash is another criterion.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ...contract import Catalogue, criterion_hash

OTHER = ""
"""In place of the hash of a criterion that cites another one than is installed."""


def installed_hashes(names: Collection[str], catalogue: Catalogue) -> dict[str, str]:
    """The hashes of these criteria and of all that they cite, as far as they have a contract."""
    found: dict[str, str] = {}
    left = list(names)
    while left:
        name = left.pop()
        if name in catalogue.contracts and name not in found:
            found[name] = criterion_hash(catalogue.contracts[name], catalogue)
            left += catalogue.contracts[name].all_of
    return found


def hashes_with_cited(
    stated: Mapping[str, str], installed: Mapping[str, str], catalogue: Catalogue
) -> dict[str, str]:
    """The hashes that a bundle states; OTHER where what is cited, at any depth, is not as it is installed.

    Over what the bundle does not have at all no compound is DISCHARGED; its own verdict says so.
    """
    return {
        name: digest
        if all(stated[cited] == installed.get(cited) for cited in all_cited(name, catalogue) & stated.keys())
        else OTHER
        for name, digest in stated.items()
    }


def all_cited(name: str, catalogue: Catalogue) -> set[str]:
    """The criteria that this one cites, at any depth."""
    found: set[str] = set()
    left = [name]
    while left:
        contract = catalogue.contracts.get(left.pop())
        new = set(contract.all_of) - found if contract else set()
        found |= new
        left += new
    return found
