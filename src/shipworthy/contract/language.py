"""The contract language as data: what a contract, host, registration and release say once they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..strict_yaml import Document

State = Literal["DRAFT", "ACTIVE", "RETIRED"]
Subject = Literal["checkpoint", "run", "release"]

STATES: tuple[State, ...] = ("DRAFT", "ACTIVE", "RETIRED")
SUBJECTS: tuple[Subject, ...] = ("checkpoint", "run", "release")
FORMATS = ("apr", "gguf", "hf")

Constraint = Mapping[str, Any]
"""Keywords of the closed subset of JSON Schema, as written: a value may still be {registered: path}."""


@dataclass(frozen=True)
class Planted:
    """A planted defect that a falsifier must notice: `red` is the quantity that must show it.

    `on` is the fixture to start from, None for the defect's own; `parameters` is the contract's `with`.
    """

    defect: str
    of: str
    red: str
    on: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Needs:
    """What must be there before a falsifier can be measured."""

    host: str | None = None
    artifact: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What the measurement may take: wall seconds, bytes of memory, and whether it must be alone."""

    seconds: float | None = None
    memory_bytes: int | None = None
    alone: bool = False


@dataclass(frozen=True)
class Falsifier:
    """One executable attempt to break a criterion. `parameters` is what the contract calls `with`."""

    id: str
    probe: str
    expect: Mapping[str, Constraint]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    needs: Needs = Needs()
    limits: Limits = Limits()
    accept: tuple[str, ...] = ()
    message: str = ""
    planted: tuple[Planted, ...] = ()


@dataclass(frozen=True)
class ChangelogEntry:
    """One line of a contract's history; a loosened bound needs reason and approver."""

    version: str
    change: str
    reason: str = ""
    approver: str = ""


@dataclass(frozen=True)
class Approval:
    """One line of the history of a host, a registration or a release, which have no version."""

    change: str
    reason: str
    approver: str


@dataclass(frozen=True)
class Contract:
    """One acceptance criterion, with falsifiers. A compound has `all_of` in their place, a battery both.

    `applies` maps format and architecture to the values in scope; what it does not name is not limited.
    """

    id: str
    version: str
    state: State
    title: str
    statement: str
    why: str
    subject: Subject
    applies: Mapping[str, tuple[str, ...]]
    falsifiers: tuple[Falsifier, ...]
    all_of: tuple[str, ...]
    changelog: tuple[ChangelogEntry, ...]
    notes: tuple[str, ...]
    document: Document = field(repr=False, compare=False)

    @property
    def compound(self) -> bool:
        """Whether it reads verdicts of other criteria and measures nothing."""
        return bool(self.all_of) and not self.falsifiers

    @property
    def battery(self) -> bool:
        """Whether it measures, and cites the verdicts of other criteria beside."""
        return bool(self.all_of) and bool(self.falsifiers)

    @property
    def compiles(self) -> bool:
        """Whether it becomes a gate: DRAFT and RETIRED contracts do not."""
        return self.state == "ACTIVE"

    def falsifier(self, falsifier_id: str) -> Falsifier:
        """The falsifier of that id; KeyError where there is none."""
        for falsifier in self.falsifiers:
            if falsifier.id == falsifier_id:
                return falsifier
        raise KeyError(falsifier_id)

    def in_scope(self, *, format: str, architecture: str) -> bool:
        """Whether a subject of this format and architecture is one that the contract speaks about."""
        facts = {"format": format, "architecture": architecture}
        return all(facts[key] in admitted for key, admitted in self.applies.items())


@dataclass(frozen=True)
class Host:
    """A class of machine: the device it must have, and what that device must say about itself."""

    id: str
    title: str
    device: Literal["cpu", "cuda"]
    expect: Mapping[str, Constraint]
    document: Document = field(repr=False, compare=False)
    changelog: tuple[Approval, ...] = ()


@dataclass(frozen=True)
class Registration:
    """A model as registered: architecture constants, parameter band (inclusive), tokenizer digest, licence.

    `tokenizer` is None where no digest is registered yet. `sources` and `notes` are for readers.
    """

    id: str
    title: str
    constants: Mapping[str, Any]
    parameters: Mapping[str, int]
    tokenizer: Mapping[str, Any]
    licence: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    document: Document = field(repr=False, compare=False)
    changelog: tuple[Approval, ...] = ()

    @property
    def tied(self) -> bool:
        """Whether the output projection is the embedding."""
        return bool(self.constants["tied_embeddings"])

    def facts(self) -> dict[str, Any]:
        """What `{registered: parameters.low}` may point into."""
        return {
            "id": self.id,
            "constants": dict(self.constants),
            "parameters": dict(self.parameters),
            "tokenizer": dict(self.tokenizer),
            "licence": self.licence,
        }


@dataclass(frozen=True)
class Release:
    """The criteria a release needs, with weights that sum to 100; weight 0 can only block."""

    id: str
    title: str
    demo: bool
    registration: str
    weights: Mapping[str, float]
    document: Document = field(repr=False, compare=False)
    changelog: tuple[Approval, ...] = ()


@dataclass(frozen=True)
class DataFile:
    """A file in contracts/data/ under its name without suffix, and the SHA-256 of its bytes."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Catalogue:
    """A contracts directory, read and checked as a whole; every mapping is by id."""

    root: Path
    contracts: Mapping[str, Contract]
    hosts: Mapping[str, Host]
    registrations: Mapping[str, Registration]
    releases: Mapping[str, Release]
    data: Mapping[str, DataFile]
