"""Read contracts/: one file, or the whole directory with everything its files say of each other.

    catalogue = load_catalogue(Path("contracts"))
    catalogue.contracts["C-03"].falsifiers[0].expect

Every refusal is a ContractError with code, file, line and column; the first one found is raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from .. import strict_yaml
from ..canonical import sha256_file
from ..errors import ContractError, display_path
from ..strict_yaml import Document
from .catalogue import catalogue_problems
from .defect import PlantedDefect
from .form import form_problems, refuse
from .language import Catalogue, Contract, DataFile, Host, Registration, Release
from .probe import Probe
from .read import read_contract, read_host, read_registration, read_release
from .schemas import Kind
from .semantics import contract_problems, host_problems

DIRECTORIES = ("models", "hosts", "releases", "data", "proofs")

_Entry = TypeVar("_Entry", Contract, Host, Registration, Release)


def load_contract(
    path: Path,
    *,
    probes: Mapping[str, Probe] | None = None,
    defects: Mapping[str, PlantedDefect] | None = None,
) -> Contract:
    """Read one contract. `probes` and `defects` default to the installed ones.

    What it says of other files (data, hosts, other criteria) is checked by `load_catalogue`.
    """
    contract = read_contract(_document(path, "contract"))
    probes, defects = _registries(probes, defects)
    _raise_first(contract_problems(contract, probes, defects))
    return contract


def load_catalogue(
    root: Path,
    *,
    probes: Mapping[str, Probe] | None = None,
    defects: Mapping[str, PlantedDefect] | None = None,
) -> Catalogue:
    """Read a contracts directory. Raises ContractError for the first file that is wrong, in order of name."""
    if not root.is_dir():
        raise ContractError("no-contracts", "is not a directory", where=display_path(root))
    for path in sorted(root.iterdir()):
        if path.is_dir() and path.name not in DIRECTORIES and not path.name.startswith("."):
            raise ContractError(
                "unknown-directory",
                "is not a directory that contracts/ has, so nothing would read it",
                where=display_path(path),
                fix=f"known: {', '.join(DIRECTORIES)}",
            )
    probes, defects = _registries(probes, defects)
    catalogue = Catalogue(
        root=root,
        contracts=_by_id(load_contract(path, probes=probes, defects=defects) for path in _files(root)),
        hosts=_by_id(_host(path) for path in _files(root / "hosts")),
        registrations=_by_id(
            read_registration(_document(path, "registration")) for path in _files(root / "models")
        ),
        releases=_by_id(read_release(_document(path, "release")) for path in _files(root / "releases")),
        data=_data(root / "data"),
    )
    if not catalogue.contracts:
        raise ContractError("no-contracts", "holds no contract", where=display_path(root))
    _raise_first(catalogue_problems(catalogue))
    return catalogue


def _registries(
    probes: Mapping[str, Probe] | None, defects: Mapping[str, PlantedDefect] | None
) -> tuple[Mapping[str, Probe], Mapping[str, PlantedDefect]]:
    if probes is None:
        from .probes import PROBES

        probes = PROBES
    if defects is None:
        from .defects import DEFECTS

        defects = DEFECTS
    return probes, defects


def _document(path: Path, kind: Kind) -> Document:
    document = strict_yaml.load(path)
    _raise_first(form_problems(document, kind))
    return document


def _raise_first(problems: Iterable[ContractError]) -> None:
    for problem in problems:
        raise problem


def _host(path: Path) -> Host:
    host = read_host(_document(path, "host"))
    _raise_first(host_problems(host))
    return host


def _files(directory: Path) -> list[Path]:
    """The YAML files of a directory; one with another suffix is refused, since nothing would read it."""
    paths = sorted(path for path in directory.glob("[!.]*") if path.is_file())
    for path in paths:
        if path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml":
            raise ContractError(
                "bad-suffix", "would not be read", where=display_path(path), fix="call it .yaml"
            )
    return [path for path in paths if path.suffix == ".yaml"]


def _by_id(entries: Iterable[_Entry]) -> dict[str, _Entry]:
    table: dict[str, _Entry] = {}
    for entry in entries:
        if entry.id in table:
            other = display_path(table[entry.id].document.path)
            raise refuse(entry.document, ("id",), "duplicate-id", f"{entry.id} is also the id of {other}")
        table[entry.id] = entry
    return table


def _data(directory: Path) -> dict[str, DataFile]:
    """The data files by name; README.md says where they come from and is none."""
    table: dict[str, DataFile] = {}
    paths = sorted(path for path in directory.glob("[!.]*") if path.is_file() and path.name != "README.md")
    for path in paths:
        if path.stem in table:
            raise ContractError(
                "duplicate-id",
                f"two data files are called {path.stem!r}: {table[path.stem].path.name} and {path.name}",
                where=display_path(path),
                fix="rename one",
            )
        table[path.stem] = DataFile(path.stem, path, sha256_file(path))
    return table
