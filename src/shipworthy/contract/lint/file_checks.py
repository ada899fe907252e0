"""What lint looks at in one file beyond what the loader refuses: history, names, and sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...architecture import FAMILIES, ArchitectureConfig, canonical_name, implausible
from ...errors import ContractError
from ..form import near_miss, refuse
from ..language import Contract, Host, Registration, Release

Entry = Contract | Host | Registration | Release


def version_order(version: str) -> tuple[int, ...]:
    """1.10.0 after 1.9.0."""
    return tuple(int(part) for part in version.split("."))


def file_checks(entry: Entry) -> Iterator[ContractError]:
    """What is wrong with one file that reads."""
    stem = entry.document.path.stem
    if stem != entry.id.lower():
        message = f"{entry.id} lies in {entry.document.path.name}"
        yield refuse(entry.document, ("id",), "name-differs", message, f"call it {entry.id.lower()}.yaml")
    if isinstance(entry, Contract):
        yield from _changelog_problems(entry)
        yield from _accept_problems(entry)
    if isinstance(entry, Registration):
        yield from _registration_problems(entry)


def _changelog_problems(contract: Contract) -> Iterator[ContractError]:
    document = contract.document
    seen: set[str] = set()
    for index, line in enumerate(contract.changelog):
        at: tuple[str | int, ...] = ("changelog", index)
        if line.version in seen:
            yield refuse(document, at, "changelog-twice", f"two lines are of version {line.version}")
        seen.add(line.version)
        if bool(line.reason) != bool(line.approver):
            there, missing = ("approver", "reason") if line.approver else ("reason", "approver")
            message = f"{line.version} has {there} and no {missing}"
            yield refuse(document, at, "approval-incomplete", message, f"add {missing}")
    if not contract.changelog:
        if contract.version != "1.0.0":
            message = f"the version is {contract.version} and there is no changelog"
            yield refuse(document, ("version",), "changelog-missing", message)
        return
    newest = max(seen, key=version_order)
    if newest != contract.version:
        message = f"the version is {contract.version}, the newest changelog line is of {newest}"
        yield refuse(document, ("version",), "version-differs", message)


def _accept_problems(contract: Contract) -> Iterator[ContractError]:
    for index, falsifier in enumerate(contract.falsifiers):
        if falsifier.accept and falsifier.expect.keys() <= set(falsifier.accept):
            message = f"{falsifier.id}: accept names all that is expected"
            yield refuse(contract.document, ("falsifiers", index, "accept"), "accept-covers-all", message)


def _registration_problems(registration: Registration) -> Iterator[ContractError]:
    document, constants = registration.document, registration.constants
    label = constants["architecture"]
    if label not in FAMILIES:
        known = canonical_name(label)
        fix = f"write {known}" if known else near_miss(label, FAMILIES)
        message = f"no architecture {label!r} is known"
        yield refuse(document, ("constants", "architecture"), "unknown-architecture", message, fix)
        return
    if problems := implausible(constants):
        for problem in problems:
            at = ("constants", problem.split(" ", 1)[0])
            yield refuse(document, at, "implausible-constants", problem)
        return
    count = parameter_count(registration)
    low, high = registration.parameters["low"], registration.parameters["high"]
    if low <= high and not low <= count <= high:
        message = f"the constants give {count:,} parameters, the band is {low:,}..{high:,}"
        if (other := _otherwise_tied(registration)) and low <= other <= high:
            message += f"; with tied_embeddings: {str(not registration.tied).lower()} it is {other:,}"
        yield refuse(document, ("parameters",), "band-contradicts-constants", message)


def parameter_count(registration: Registration, **changed: Any) -> int:
    """Trained scalars of a decoder of these constants; tied embeddings count once."""
    constants = {**registration.constants, **changed}
    qk_norm = FAMILIES[constants["architecture"]].qk_norm
    return ArchitectureConfig(**{"qk_norm": qk_norm, **constants}).param_count()


def _otherwise_tied(registration: Registration) -> int:
    return parameter_count(registration, tied_embeddings=not registration.tied)
