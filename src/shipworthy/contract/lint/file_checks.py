"""What lint looks at in one file beyond what the loader refuses: history, names, and sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...architecture import FAMILIES, ArchitectureConfig, canonical_name, implausible
from ...errors import ContractError
from ...strict_yaml import Document, Keys
from ..form import near_miss, refuse
from ..language import FORMATS, Approval, ChangelogEntry, Contract, Host, Registration, Release

_SAYS_NOTHING = frozenset(
    {"", "n/a", "na", "nil", "no one", "nobody", "none", "null", "tba", "tbd", "todo", "xxx"}
)

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
    if not isinstance(entry, Contract):
        for index, line in enumerate(entry.changelog):
            yield from _empty_approval(entry.document, ("changelog", index), line)
    if isinstance(entry, Contract):
        yield from _changelog_problems(entry)
        yield from _accept_problems(entry)
        yield from _scope_problems(entry)
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
        yield from _empty_approval(document, at, line)
    if not contract.changelog:
        if contract.version != "1.0.0":
            message = f"the version is {contract.version} and there is no changelog"
            yield refuse(document, ("version",), "changelog-missing", message)
        return
    newest = max(seen, key=version_order)
    if newest != contract.version:
        message = f"the version is {contract.version}, the newest changelog line is of {newest}"
        yield refuse(document, ("version",), "version-differs", message)


def _empty_approval(document: Document, at: Keys, line: ChangelogEntry | Approval) -> Iterator[ContractError]:
    """`approver: none` approves nothing."""
    for key in ("reason", "approver"):
        said = getattr(line, key)
        if said and said.strip(" .-?").lower() in _SAYS_NOTHING:
            message = f"the {key} is {said!r}, which says nothing"
            yield refuse(document, (*at, key), "approval-incomplete", message, f"name the {key}")


def _accept_problems(contract: Contract) -> Iterator[ContractError]:
    for index, falsifier in enumerate(contract.falsifiers):
        if falsifier.accept and falsifier.expect.keys() <= set(falsifier.accept):
            message = f"{falsifier.id}: accept names all that is expected"
            yield refuse(contract.document, ("falsifiers", index, "accept"), "accept-covers-all", message)


def _scope_problems(contract: Contract) -> Iterator[ContractError]:
    """A word in `applies` that no subject can have; a DRAFT may name a family that is still to come."""
    known = {"format": FORMATS, "architecture": tuple(FAMILIES)}
    for key, names in contract.applies.items() if contract.compiles else ():
        for index, name in enumerate(names):
            if name not in known[key]:
                message = f"applies names the {key} {name!r}, which no subject can have"
                fix = near_miss(name, known[key])
                yield refuse(contract.document, ("applies", key, index), "unknown-scope", message, fix)


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
