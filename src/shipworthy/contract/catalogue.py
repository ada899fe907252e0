"""What the files of contracts/ may get wrong about each other: ids, hosts, data, releases, compounds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from typing import Any

from ..errors import ContractError
from .form import near_miss, refuse
from .language import Catalogue, Contract, Falsifier, Release


def data_names(value: Any) -> Iterator[str]:
    """The names of the data files that parameters refer to as `{data: NAME}`, at any depth."""
    if isinstance(value, Mapping):
        if set(value) == {"data"} and isinstance(value["data"], str):
            yield value["data"]
        else:
            for item in value.values():
                yield from data_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from data_names(item)


def catalogue_problems(catalogue: Catalogue, unread: Collection[str] = ()) -> Iterator[ContractError]:
    """Everything in which the files of a catalogue do not fit together.

    `unread` are the names of files that are there and do not read: who refers to one is not at fault.
    """
    owners: dict[str, Contract] = {}
    for contract in catalogue.contracts.values():
        for index, falsifier in enumerate(contract.falsifiers):
            other = owners.setdefault(falsifier.id, contract)
            if other is not contract:
                yield refuse(
                    contract.document,
                    ("falsifiers", index, "id"),
                    "duplicate-id",
                    f"{falsifier.id} is also a falsifier of {other.id}",
                )
            if contract.compiles:
                yield from _falsifier_problems(catalogue, contract, index, falsifier, unread)
        yield from _compound_problems(catalogue, contract, unread)
    for registration in catalogue.registrations.values():
        low, high = registration.parameters["low"], registration.parameters["high"]
        if low > high:
            yield refuse(
                registration.document,
                ("parameters",),
                "empty-band",
                f"no number is in {low}..{high}",
            )
    for release in catalogue.releases.values():
        yield from _release_problems(catalogue, release, unread)


def _falsifier_problems(
    catalogue: Catalogue, contract: Contract, index: int, falsifier: Falsifier, unread: Collection[str]
) -> Iterator[ContractError]:
    host = falsifier.needs.host
    if host is not None and host not in catalogue.hosts and host not in unread:
        yield refuse(
            contract.document,
            ("falsifiers", index, "needs", "host"),
            "unknown-host",
            f"{falsifier.id}: contracts/hosts/ has no {host!r}",
            near_miss(host, catalogue.hosts),
        )
    for parameter, value in falsifier.parameters.items():
        for name in data_names(value):
            if name not in catalogue.data:
                yield refuse(
                    contract.document,
                    ("falsifiers", index, "with", parameter),
                    "unknown-data",
                    f"{falsifier.id}: contracts/data/ has no {name!r}",
                    near_miss(name, catalogue.data),
                )


def _compound_problems(
    catalogue: Catalogue, contract: Contract, unread: Collection[str]
) -> Iterator[ContractError]:
    if not contract.compiles:
        return
    for index, member in enumerate(contract.all_of):
        keys = ("all_of", index)
        if member in unread:
            continue
        if member not in catalogue.contracts:
            fix = near_miss(member, catalogue.contracts)
            yield refuse(contract.document, keys, "unknown-criterion", f"there is no contract {member}", fix)
        elif contract.battery and catalogue.contracts[member].battery:
            message = f"{member} is a battery"
            yield refuse(contract.document, keys, "compound-of-compound", message, "name its members")
        elif catalogue.contracts[member].compound:
            yield refuse(
                contract.document,
                keys,
                "compound-of-compound",
                f"{member} is a compound",
                "name its members",
            )


def _release_problems(
    catalogue: Catalogue, release: Release, unread: Collection[str]
) -> Iterator[ContractError]:
    if release.registration not in catalogue.registrations and release.registration not in unread:
        yield refuse(
            release.document,
            ("registration",),
            "unknown-registration",
            f"contracts/models/ has no {release.registration!r}",
            near_miss(release.registration, catalogue.registrations),
        )
    # As decimal fractions, so that 33.3 + 33.3 + 33.4 is 100.
    total = sum((Fraction(str(weight)) for weight in release.weights.values()), Fraction(0))
    if total != 100:
        yield refuse(
            release.document, ("weights",), "weights-sum", f"the weights sum to {float(total):g}, not to 100"
        )
    for criterion, weight in release.weights.items():
        contract = catalogue.contracts.get(criterion)
        if contract is not None and contract.compound and weight:
            yield refuse(
                release.document,
                ("weights", criterion),
                "compound-weight",
                f"{criterion} is a compound and re-counts nothing; its weight is {weight}, not 0",
            )
