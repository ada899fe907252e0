"""Which criteria of a bundle are no longer the installed ones.

What is stale is not what is false: the verdict follows from the contract inside the bundle. It discharges
nothing of the contract that is installed, whose hash is another.

A criterion hash binds neither planted defects nor limits. The proof of non-vacuity binds the list that lies
beside it, so whoever shortens both has a proof that holds, of a gate that was tried less. Nothing inside
the bundle can show that; the installed contract of the same hash does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from ... import strict_yaml
from ...canonical import sha256_file
from ...contract import (
    Catalogue,
    Contract,
    DataFile,
    Falsifier,
    Host,
    Limits,
    criterion_hash,
    planted_digest,
)
from ...contract.catalogue import data_names
from ...contract.form import form_problems
from ...contract.proof import planted_entry
from ...contract.read import read_contract, read_host
from ...errors import ContractError
from .finding import STALE, Finding
from .run import Verification


def stale_findings(verification: Verification, contracts: Path) -> list[Finding]:
    """A finding for each criterion, for registration and release, where `contracts` has another or none."""
    contents = verification.contents
    if contents is None:
        return []
    found = []
    for entry in verification.criteria:
        contract = contents.catalogue.contracts[entry.id]
        name = PurePosixPath(contents.contract_files[entry.id]).name
        if problem := _problem(contracts, contracts / name, contract, entry.criterion):
            found.append(Finding(STALE, entry.id, problem))
    for name in contents.predicate["not_written"]:
        if _is_active(contracts / f"{name.lower()}.yaml"):
            found.append(Finding(STALE, name, "had no contract, and has one that is installed"))
    for folder, document, name in (
        ("models", contents.registration.document, contents.registration.id),
        ("releases", contents.release.document, contents.release.id),
    ):
        installed = contracts / folder / f"{name}.yaml"
        if not installed.is_file() or not _same(installed, document.data):
            found.append(Finding(STALE, f"{folder}/{name}", "is not the one that is installed"))
    return found


def _problem(contracts: Path, path: Path, contract: Contract, criterion: str) -> str:
    """Why the installed criterion of that name is another, or an empty string."""
    if not path.is_file():
        return f"no contract {contract.id} is installed"
    try:
        installed = contract if _same(path, contract.document.data) else _read(path)
        if (
            installed.id != contract.id
            or criterion_hash(installed, _around(contracts, installed)) != criterion
        ):
            return f"the installed one, version {installed.version}, is another criterion"
    except ContractError as error:
        return f"the installed one does not read: {error.message}"
    return tried_otherwise(contract, installed)


def tried_otherwise(contract: Contract, installed: Contract) -> str:
    """What two contracts of one criterion hash tried differently, or an empty string.

    That is the planted defects that the proof was made of, and the limits that a measurement ran under.
    """
    own, there = ({f.id: f for f in side.falsifiers} for side in (contract, installed))
    if own.keys() != there.keys():
        return "its falsifiers have other names than the installed ones"
    if planted_digest(contract) != planted_digest(installed):
        return f"its planted defects are not the installed ones: {_planted_difference(own, there)}"
    for name in own:
        if own[name].limits != there[name].limits:
            difference = _limits_difference(own[name].limits, there[name].limits)
            return f"its limits are not the installed ones: {difference}"
    return ""


def _planted_difference(own: Mapping[str, Falsifier], there: Mapping[str, Falsifier]) -> str:
    entries, installed = (
        [(f.id, planted_entry(planted)) for f in side.values() for planted in f.planted]
        for side in (own, there)
    )
    left_out = [entry for entry in installed if entry not in entries]
    added = [entry for entry in entries if entry not in installed]
    word, first = ("without", left_out[:1]) if left_out else ("with", added[:1])
    named = "".join(f", {word} {entry['defect']} ({entry['red']})" for _, entry in first)
    return f"{len(entries)} here and {len(installed)} installed{named}"


def _limits_difference(own: Limits, there: Limits) -> str:
    mine, theirs = vars(own), vars(there)
    return ", ".join(f"{k} {mine[k]}, installed {theirs[k]}" for k in mine if mine[k] != theirs[k])


def _same(path: Path, data: bytes) -> bool:
    return path.read_bytes() == data


def _read(path: Path) -> Contract:
    document = strict_yaml.load(path)
    for problem in form_problems(document, "contract"):
        raise problem
    return read_contract(document)


def _is_active(path: Path) -> bool:
    try:
        return path.is_file() and _read(path).compiles
    except ContractError:
        # What does not read is a contract that was begun; `lint` says what is wrong with it.
        return False


def _around(contracts: Path, contract: Contract) -> Catalogue:
    """The hosts and data files that a contract's hash is made with, as they are installed."""
    hosts = {host.id: host for host in _hosts(contracts, contract)}
    names = {name for falsifier in contract.falsifiers for name in data_names(dict(falsifier.parameters))}
    data = {}
    for name in sorted(names):
        for path in sorted((contracts / "data").glob(f"{name}.*")):
            if path.stem == name:
                data[name] = DataFile(name, path, sha256_file(path))
    return Catalogue(contracts, {contract.id: contract}, hosts, {}, {}, data)


def _hosts(contracts: Path, contract: Contract) -> Iterator[Host]:
    for name in {falsifier.needs.host for falsifier in contract.falsifiers} - {None}:
        path = contracts / "hosts" / f"{name}.yaml"
        if path.is_file():
            document = strict_yaml.load(path)
            for problem in form_problems(document, "host"):
                raise problem
            yield read_host(document)
