"""Read contracts/: one file, or the whole directory with everything its files say of each other.

    catalogue = load_catalogue(Path("contracts"))
    catalogue.contracts["C-03"].falsifiers[0].expect

Every refusal is a ContractError with code, file, line and column. `load_catalogue` raises the first;
`read_catalogue` returns them all, beside what could be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
from .remembered import Remembered
from .schemas import Kind
from .semantics import contract_problems, host_problems

DIRECTORIES = ("models", "hosts", "releases", "data", "proofs")

_Entry = TypeVar("_Entry", Contract, Host, Registration, Release)
_Problems = list[ContractError]


@dataclass(frozen=True)
class Reading:
    """A contracts directory as far as it reads: what does, the files looked at, and everything wrong.

    `problems` come in the order in which `load_catalogue` would find them. `unread` are the names that the
    files which do not read may have given.
    """

    catalogue: Catalogue
    files: tuple[Path, ...]
    problems: tuple[ContractError, ...]
    unread: frozenset[str] = frozenset()


def load_contract(
    path: Path,
    *,
    probes: Mapping[str, Probe] | None = None,
    defects: Mapping[str, PlantedDefect] | None = None,
) -> Contract:
    """Read one contract. `probes` and `defects` default to the installed ones.

    What it says of other files (data, hosts, other criteria) is checked by `load_catalogue`.
    """
    problems: _Problems = []
    contract = _contract(path, problems, *_registries(probes, defects))
    if contract is None or problems:
        raise problems[0]
    return contract


def load_catalogue(
    root: Path,
    *,
    probes: Mapping[str, Probe] | None = None,
    defects: Mapping[str, PlantedDefect] | None = None,
    remembered: Remembered | None = None,
) -> Catalogue:
    """Read a contracts directory. Raises ContractError for the first file that is wrong, in order of name.

    With `remembered`, contracts in whose bytes nothing was wrong before are not looked at again.
    """
    reading = read_catalogue(root, probes=probes, defects=defects, remembered=remembered)
    for problem in reading.problems:
        raise problem
    return reading.catalogue


def read_catalogue(
    root: Path,
    *,
    probes: Mapping[str, Probe] | None = None,
    defects: Mapping[str, PlantedDefect] | None = None,
    remembered: Remembered | None = None,
) -> Reading:
    """Read a contracts directory as far as it goes. Never raises for what a file says."""
    problems: _Problems = []
    registries = _registries(probes, defects)
    _check_directory(root, problems)
    paths = {name: _files(root / name, problems) for name in ("", "hosts", "models", "releases")}
    unread: set[str] = set()

    def table(name: str, read: Callable[[Path], _Entry | None]) -> dict[str, _Entry]:
        return _by_id(((path, read(path)) for path in paths[name]), problems, unread)

    catalogue = Catalogue(
        root=root,
        contracts=table("", lambda path: _contract(path, problems, *registries, remembered)),
        hosts=table("hosts", lambda path: _host(path, problems)),
        registrations=table("models", lambda path: _registration(path, problems)),
        releases=table("releases", lambda path: _release(path, problems)),
        data=_data(root / "data", problems),
    )
    if not paths[""] and root.is_dir():
        problems.append(ContractError("no-contracts", "holds no contract", where=display_path(root)))
    problems += catalogue_problems(catalogue, unread)
    files = tuple(path for group in paths.values() for path in group)
    return Reading(catalogue, files, tuple(problems), frozenset(unread))


def read_file(
    path: Path,
    kind: Kind,
    *,
    probes: Mapping[str, Probe] | None = None,
    defects: Mapping[str, PlantedDefect] | None = None,
) -> tuple[Contract | Host | Registration | Release | None, list[ContractError]]:
    """One file by itself, None where it does not read, and everything wrong with it."""
    problems: _Problems = []
    registries = _registries(probes, defects)
    readers: dict[Kind, Callable[[], Contract | Host | Registration | Release | None]] = {
        "contract": lambda: _contract(path, problems, *registries),
        "host": lambda: _host(path, problems),
        "registration": lambda: _registration(path, problems),
        "release": lambda: _release(path, problems),
    }
    return readers[kind](), problems


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


def _document(path: Path, kind: Kind, problems: _Problems) -> Document | None:
    """The document of a file, None where it has not the form of its kind."""
    try:
        document = strict_yaml.load(path)
    except ContractError as error:
        problems += strict_yaml.refusals(path) or [error]
        return None
    wrong = form_problems(document, kind)
    problems += wrong
    return None if wrong else document


def _contract(
    path: Path,
    problems: _Problems,
    probes: Mapping[str, Probe],
    defects: Mapping[str, PlantedDefect],
    remembered: Remembered | None = None,
) -> Contract | None:
    if remembered is not None and (known := remembered.document(path)) is not None:
        return read_contract(known)
    if (document := _document(path, "contract", problems)) is None:
        return None
    contract = read_contract(document)
    found = list(contract_problems(contract, probes, defects))
    if remembered is not None and not found:
        remembered.keep(document)
    problems += found
    return contract


def _host(path: Path, problems: _Problems) -> Host | None:
    if (document := _document(path, "host", problems)) is None:
        return None
    host = read_host(document)
    problems += host_problems(host)
    return host


def _registration(path: Path, problems: _Problems) -> Registration | None:
    document = _document(path, "registration", problems)
    return None if document is None else read_registration(document)


def _release(path: Path, problems: _Problems) -> Release | None:
    document = _document(path, "release", problems)
    return None if document is None else read_release(document)


def _check_directory(root: Path, problems: _Problems) -> None:
    if not root.is_dir():
        problems.append(ContractError("no-contracts", "is not a directory", where=display_path(root)))
        return
    for path in sorted(root.iterdir()):
        if path.is_dir() and path.name not in DIRECTORIES and not path.name.startswith("."):
            problems.append(
                ContractError(
                    "unknown-directory",
                    "is not a directory that contracts/ has, so nothing would read it",
                    where=display_path(path),
                    fix=f"known: {', '.join(DIRECTORIES)}",
                )
            )
        elif path.is_dir() and path.name in DIRECTORIES:
            problems += [
                ContractError(
                    "unknown-directory",
                    f"lies below {path.name}/, and nothing would read it",
                    where=display_path(below),
                    fix="move its files up",
                )
                for below in sorted(path.glob("[!.]*"))
                if below.is_dir()
            ]


def _files(directory: Path, problems: _Problems) -> list[Path]:
    """The YAML files of a directory; what is called one and would not be read is refused."""
    paths: list[Path] = []
    for path in sorted(directory.glob("[!.]*")):
        if path.is_file():
            paths.append(path)
        elif path.suffix == ".yaml" and not path.is_dir():
            message = "is no file that can be read: a link to nothing, a pipe or a device"
            problems.append(ContractError("unreadable-yaml", message, where=display_path(path)))
    for path in paths:
        if path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml":
            problems.append(
                ContractError(
                    "bad-suffix", "would not be read", where=display_path(path), fix="call it .yaml"
                )
            )
    return [path for path in paths if path.suffix == ".yaml"]


def _by_id(
    entries: Iterator[tuple[Path, _Entry | None]], problems: _Problems, unread: set[str]
) -> dict[str, _Entry]:
    """The entries by id. Of a file that does not read the name goes to `unread`, for who refers to it."""
    table: dict[str, _Entry] = {}
    for path, entry in entries:
        if entry is None:
            unread |= {path.stem, path.stem.upper()}
        elif entry.id in table:
            other = display_path(table[entry.id].document.path)
            problems.append(
                refuse(entry.document, ("id",), "duplicate-id", f"{entry.id} is also the id of {other}")
            )
        else:
            table[entry.id] = entry
    return table


def _data(directory: Path, problems: _Problems) -> dict[str, DataFile]:
    """The data files by name; README.md says where they come from and is none."""
    table: dict[str, DataFile] = {}
    paths = sorted(path for path in directory.glob("[!.]*") if path.is_file() and path.name != "README.md")
    for path in paths:
        if path.stem in table:
            problems.append(
                ContractError(
                    "duplicate-id",
                    f"two data files are called {path.stem!r}: {table[path.stem].path.name} and {path.name}",
                    where=display_path(path),
                    fix="rename one",
                )
            )
        else:
            table[path.stem] = DataFile(path.stem, path, sha256_file(path))
    return table
