"""Probes and planted defects that installed distributions bring, by entry point.

    [project.entry-points."shipworthy.probes"]
    team_name = "acme_checks:TEAM_NAME"          # a ProbeExtension

    [project.entry-points."shipworthy.planted_defects"]
    renamed = "acme_checks:RENAMED"              # a DefectExtension

What an entry point brings is looked at when contracts are first read. One that cannot be used is a
ContractError that names its distribution: never is it left out in silence.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from ..canonical import sha256_file, sha256_json
from ..errors import ContractError
from .defect import PlantedDefect, defect_registry
from .probe import Probe, registry

PROBE_GROUP = "shipworthy.probes"
DEFECT_GROUP = "shipworthy.planted_defects"

_HEAVY = frozenset({"torch", "llama_cpp", "transformers", "tensorflow", "jax"})
"""What contracts are read without: seconds at every start, also where nothing is measured."""


@dataclass(frozen=True, eq=False)
class ProbeExtension:
    """A probe's declaration, and `measure(subject, artifacts, *, log, **with) -> raw`, run in a process of
    its own. Whatever is heavy is imported inside `measure`."""

    declaration: Probe
    measure: Callable[..., dict[str, Any]]


@dataclass(frozen=True, eq=False)
class DefectExtension:
    """A planted defect's declaration, and how it is made: of files `make(source, target, **with)`, which
    writes `target`; of a measurement `make(raw, **with)`, which returns raw samples."""

    declaration: PlantedDefect
    make: Callable[..., Any]


_Extension = TypeVar("_Extension", ProbeExtension, DefectExtension)


@dataclass(frozen=True, eq=False)
class Brought(Generic[_Extension]):
    """An extension, and which distribution of which version brings it."""

    extension: _Extension
    distribution: str
    version: str

    def sha256(self) -> str:
        """Digest over the sources that its function comes from: the whole package, or the one module."""
        function = (
            self.extension.measure if isinstance(self.extension, ProbeExtension) else self.extension.make
        )
        return module_sha256(sys.modules[function.__module__.partition(".")[0]])


def module_sha256(module: ModuleType) -> str:
    """Lower-case hex SHA-256 over names and digests of a module's file, or of its package's .py files."""
    path = Path(str(module.__file__))
    files = sorted(path.parent.rglob("*.py")) if hasattr(module, "__path__") else [path]
    return sha256_json({file.relative_to(path.parent).as_posix(): sha256_file(file) for file in files})


@cache
def brought_probes() -> Mapping[str, Brought[ProbeExtension]]:
    """The probes of installed distributions by name. Raises ContractError."""
    return by_name(discover(PROBE_GROUP, ProbeExtension), registry)


@cache
def brought_defects() -> Mapping[str, Brought[DefectExtension]]:
    """The planted defects of installed distributions by name. Raises ContractError."""
    return by_name(discover(DEFECT_GROUP, DefectExtension), defect_registry)


def with_brought_probes(own: Mapping[str, Probe]) -> dict[str, Probe]:
    """Our own probes and those of installed distributions. Raises ContractError."""
    return _joined(own, brought_probes(), "probe")


def with_brought_defects(own: Mapping[str, PlantedDefect]) -> dict[str, PlantedDefect]:
    """Our own planted defects and those of installed distributions. Raises ContractError."""
    return _joined(own, brought_defects(), "planted defect")


def _joined(own: Mapping[str, Any], brought: Mapping[str, Brought[Any]], what: str) -> dict[str, Any]:
    for name in sorted(own.keys() & brought.keys()):
        raise ContractError(
            "extension-name-taken",
            f"brings a {what} {name!r}, which shipworthy has itself",
            where=f"{brought[name].distribution} {brought[name].version}",
            fix="give it another name, or another version",
        )
    return {**own, **{name: entry.extension.declaration for name, entry in brought.items()}}


def by_name(
    found: Iterable[Brought[_Extension]], check: Callable[[Iterable[Any]], Mapping[str, Any]]
) -> dict[str, Brought[_Extension]]:
    table: dict[str, Brought[_Extension]] = {}
    for brought in found:
        declared = brought.extension.declaration
        where = f"{brought.distribution} {brought.version}"
        if not isinstance(declared, Probe | PlantedDefect):
            message = f"brings a declaration that is a {type(declared).__name__}"
            raise ContractError("extension-kind", message, where=where, fix="give a Probe or a PlantedDefect")
        try:
            check([declared])
        except (AttributeError, TypeError) as error:
            message = f"declares {declared.name!r} with a field of another type than its own: {error}"
            raise ContractError(
                "extension-broken", message, where=where, fix="see docs/extending.md"
            ) from error
        except ContractError as error:
            message = f"declares {declared.name!r} wrongly: {error.message}"
            raise ContractError(error.code, message, where=where, fix=error.fix) from error
        if (other := table.get(declared.name)) is not None:
            raise ContractError(
                "extension-name-taken",
                f"brings {declared.name!r}, as {other.distribution} {other.version} does",
                where=where,
                fix="uninstall one of them",
            )
        table[declared.name] = brought
    return table


def discover(group: str, kind: type[_Extension]) -> list[Brought[_Extension]]:
    """Everything that a group of entry points brings. Raises ContractError for the first that is no use."""
    entries = sorted(entry_points(group=group), key=lambda entry: (_distribution(entry), entry.name))
    return [_load(entry, kind) for entry in entries]


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    if entry.dist is None:
        return ("unknown distribution", "")
    return (entry.dist.name, entry.dist.version)


def _load(entry: EntryPoint, kind: type[_Extension]) -> Brought[_Extension]:
    distribution, version = _distribution(entry)
    where = f"{distribution} {version}".strip()

    def refuse(code: str, message: str, fix: str) -> ContractError:
        return ContractError(code, f"the entry point {entry.name!r} {message}", where=where, fix=fix)

    before = _HEAVY & sys.modules.keys()
    try:
        loaded = entry.load()
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise refuse(
            "extension-broken",
            f"({entry.value}) cannot be loaded: {said}",
            f"mend it, or uninstall {distribution}",
        ) from error
    module = sys.modules[entry.module]
    if heavy := sorted((_HEAVY & sys.modules.keys()) - before | _heavy_names(module)):
        raise refuse(
            "extension-heavy",
            f"({entry.value}) imports {', '.join(heavy)} when it is loaded",
            "import it inside the function that needs it",
        )
    if not isinstance(loaded, kind):
        raise refuse(
            "extension-kind",
            f"({entry.value}) is a {type(loaded).__name__}, not a {kind.__name__}",
            f"point it at a shipworthy.contract.{kind.__name__}",
        )
    return Brought(loaded, distribution, version)


def _heavy_names(module: ModuleType) -> set[str]:
    """Heavy packages among a module's globals: seen also where something else imported them before."""
    found = (value.__name__.partition(".")[0] for value in vars(module).values() if _is_module(value))
    return set(found) & _HEAVY


def _is_module(value: Any) -> bool:
    return isinstance(value, ModuleType)
