"""Lint: every problem of every file, sorted by place.

report = lint([Path("contracts")])
report.problems[0].code, report.problems[0].where, report.problems[0].fix
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ContractError, UsageError, display_path
from ..defect import PlantedDefect
from ..load import read_catalogue, read_file
from ..probe import Probe
from ..schemas import Kind
from .directory_checks import directory_checks, directory_notes
from .file_checks import file_checks
from .rules import RULES

KIND_OF_DIRECTORY: Mapping[str, Kind] = {"models": "registration", "hosts": "host", "releases": "release"}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its code, where it stands, what was found, and what to do.

    `line` and `column` count from 1 and are None where the whole file is meant.
    """

    code: str
    file: str
    line: int | None
    column: int | None
    message: str
    fix: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.message} [{self.code}]; {self.fix}"


@dataclass(frozen=True)
class Report:
    """What lint found: the files that it read, their problems, and notes, which are none."""

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "files": [display_path(path) for path in self.files],
            "rules": len(RULES),
            "problems": [vars(problem) for problem in self.problems],
            "notes": [vars(note) for note in self.notes],
        }


def problem_of(error: ContractError) -> Problem:
    """A refusal as a problem; where it says nothing of what to do, the rule does."""
    file, line, column = error.where, None, None
    parts = error.where.rsplit(":", 2)
    if len(parts) == 3 and parts[1].isdecimal() and parts[2].isdecimal():
        file, line, column = parts[0], int(parts[1]), int(parts[2])
    return Problem(error.code, file, line, column, error.message, error.fix or RULES[error.code].fix)


def lint(
    paths: Sequence[Path],
    *,
    probes: Mapping[str, Probe] | None = None,
    defects: Mapping[str, PlantedDefect] | None = None,
) -> Report:
    """Read directories whole and files by themselves. Raises UsageError for a path that is not there."""
    if defects is None:
        from ..defects import DEFECTS

        defects = DEFECTS
    files: list[Path] = []
    errors: list[ContractError] = []
    notes: list[ContractError] = []
    for path in paths:
        if path.is_dir():
            reading = read_catalogue(path, probes=probes, defects=defects)
            files += reading.files
            errors += reading.problems
            for table in _tables(reading.catalogue):
                for entry in table.values():
                    errors += file_checks(entry)
            errors += directory_checks(reading.catalogue, defects, reading.unread)
            notes += directory_notes(reading.catalogue, defects)
        elif path.exists():
            files.append(path)
            errors += _alone(path, probes, defects)
        else:
            raise UsageError(
                "no-such-path", "is not there", where=display_path(path), fix="name contracts to lint"
            )
    problems = sorted((problem_of(error) for error in errors), key=_place)
    return Report(tuple(files), tuple(dict.fromkeys(problems)), tuple(map(problem_of, notes)))


def _tables(catalogue: Any) -> Iterable[Mapping[str, Any]]:
    return (catalogue.contracts, catalogue.hosts, catalogue.registrations, catalogue.releases)


def _alone(
    path: Path, probes: Mapping[str, Probe] | None, defects: Mapping[str, PlantedDefect]
) -> Iterable[ContractError]:
    kind = KIND_OF_DIRECTORY.get(path.resolve().parent.name, "contract")
    entry, errors = read_file(path, kind, probes=probes, defects=defects)
    yield from errors
    if entry is not None:
        yield from file_checks(entry)


def _place(problem: Problem) -> tuple[str, int, int, str]:
    return (problem.file, problem.line or 0, problem.column or 0, problem.code)
