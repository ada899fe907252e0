"""The files of a bundle as what they are: contracts, hosts, registration, release, measurements.

Contracts are read from the bundle's own text and checked for form, not for what today's rules say of them:
what a contract asks is bound by the hash of its criterion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from ... import strict_yaml
from ...contract import Catalogue, Contract, DataFile, Host, Registration, Release
from ...contract.catalogue import data_names
from ...contract.form import form_problems
from ...contract.proof import Inputs
from ...contract.read import read_contract, read_host, read_registration, read_release
from ...contract.schemas import Kind
from ...errors import ContractError, FileError
from ...strict_yaml import Document
from ..binding import ENVELOPE, RELEASE, STATEMENT, SUMMARY
from ..bundle import Bundle
from ..environment import ENVIRONMENT
from ..files import MANIFEST, parsed

REGISTRATION = "registration.yaml"
_SINGLE = frozenset({MANIFEST, STATEMENT, ENVELOPE, SUMMARY, REGISTRATION, RELEASE, ENVIRONMENT, "run.json"})
_HOST_FACTS: Mapping[str, type] = {
    "system": str,
    "machine": str,
    "processor": str,
    "cores": int,
    "nvidia_device": bool,
}
"""What makes the class of a host: without it nobody can tell on what was measured."""
BEFORE_INPUTS = {"canary-100": "2ea0ab11e93c59515fc8cebb233e4849927dff3b49357a7879231d22c211995d"}
"""The data files of bundles from before statements named the digests of what hashes were made with."""

_Read = TypeVar("_Read", Contract, Host, Registration, Release)


@dataclass(frozen=True)
class Contents:
    """What a bundle holds. `inputs` is None where its statement does not name them."""

    path: Path
    predicate: Mapping[str, Any]
    catalogue: Catalogue
    contract_files: Mapping[str, str]
    registration: Registration
    release: Release
    inputs: Inputs | None
    files: Mapping[str, bytes]
    measurements: Mapping[str, Any]
    environment: Mapping[str, Any]


def read_contents(bundle: Bundle, files: Mapping[str, bytes]) -> Contents:
    """Raises FileError: `contract-unreadable`, `file-unaccounted`, `cited-file-absent`, `duplicate-id`,
    `bad-json`, `bad-environment`."""
    path, predicate = bundle.path, bundle.predicate
    for name in (REGISTRATION, RELEASE, ENVIRONMENT):
        if name not in files:
            raise FileError("cited-file-absent", "verdicts rest on it, and it is not there", path=path / name)

    def read(name: str, kind: Kind, reader: Callable[[Document], _Read]) -> _Read:
        try:
            document = _document(files[name], kind)
        except ContractError as error:
            raise FileError("contract-unreadable", error.message, path=path / name) from error
        return reader(replace(document, path=path / name))

    registration = read(REGISTRATION, "registration", read_registration)
    release = read(RELEASE, "release", read_release)
    hosts = {name: read(name, "host", read_host) for name in sorted(files) if _is_host(name)}
    contracts = {name: read(name, "contract", read_contract) for name in sorted(files) if _is_contract(name)}
    for table in (hosts, contracts):
        ids = [entry.id for entry in table.values()]
        if repeated := {name for name in ids if ids.count(name) > 1}:
            message = f"two files of it are called {min(repeated)}"
            raise FileError("duplicate-id", message, path=path)
    stated = predicate.get("inputs")
    inputs = None if stated is None else Inputs(stated["registrations"], stated["data"])
    known = BEFORE_INPUTS if inputs is None else inputs.data
    used = {
        name
        for contract in contracts.values()
        for falsifier in contract.falsifiers
        for name in data_names(dict(falsifier.parameters))
    }
    catalogue = Catalogue(
        root=path / "contracts",
        contracts={contract.id: contract for contract in contracts.values()},
        hosts={host.id: host for host in hosts.values()},
        registrations={registration.id: registration},
        releases={release.id: release},
        data={name: DataFile(name, path / name, known[name]) for name in sorted(used & known.keys())},
    )
    _account_for(path, catalogue, files)
    return Contents(
        path=path,
        predicate=predicate,
        catalogue=catalogue,
        contract_files={contract.id: name for name, contract in contracts.items()},
        registration=registration,
        release=release,
        inputs=inputs,
        files=files,
        measurements={
            PurePosixPath(name).stem: parsed(files[name], path / name)
            for name in files
            if name.startswith("measurements/")
        },
        environment=_environment(files[ENVIRONMENT], path / ENVIRONMENT),
    )


@lru_cache(maxsize=256)
def _document(data: bytes, kind: Kind) -> Document:
    """The YAML of the bundles of a directory, most of which hold the same contracts, is read once."""
    document = strict_yaml.loads(data, Path(kind))
    for problem in form_problems(document, kind):
        raise problem
    return document


def _environment(data: bytes, path: Path) -> Mapping[str, Any]:
    environment: Any = parsed(data, path)
    for name, kind in _HOST_FACTS.items():
        if not isinstance(environment, dict) or type(environment.get(name)) is not kind:
            raise FileError("bad-environment", f"does not say the {name} of the machine", path=path)
    return dict(environment)


def measurement_name(falsifier: str) -> str:
    """Where the measurement of a falsifier lies."""
    return f"measurements/{falsifier}.json"


def proof_name(contract: str) -> str:
    """Where the proof of a contract lies."""
    return f"contracts/proofs/{contract}.json"


def _is_host(name: str) -> bool:
    return name == "host.yaml" or (name.startswith("host-") and name.endswith(".yaml") and "/" not in name)


def _is_contract(name: str) -> bool:
    return name.startswith("contracts/") and name.endswith(".yaml") and name.count("/") == 1


def _account_for(path: Path, catalogue: Catalogue, files: Mapping[str, bytes]) -> None:
    """A file that nothing in the bundle speaks of proves nothing, and may be meant to look as if it did."""
    falsifiers = {f.id for contract in catalogue.contracts.values() for f in contract.falsifiers}
    known = {*map(measurement_name, falsifiers), *map(proof_name, catalogue.contracts)}
    for name in sorted(files.keys() - known - _SINGLE):
        if not (_is_host(name) or _is_contract(name) or name.startswith("logs/")):
            raise FileError("file-unaccounted", "belongs to nothing in the bundle", path=path / name)
