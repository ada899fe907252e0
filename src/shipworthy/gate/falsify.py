"""Try every gate on its planted defects: green on the good fixture, red on each defect, or it is vacuous.

What is found becomes a proof of non-vacuity in contracts/proofs/, bound to the criterion hash and the planted
list. Every dispatch reads it; a gate without a valid one discharges nothing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..atomic import write_bytes
from ..canonical import sha256_file, sha256_json, strict_loads
from ..contract import (
    Catalogue,
    Contract,
    Falsifier,
    Outcome,
    Planted,
    Release,
    criterion_hash,
    planted_digest,
)
from ..contract.defects import DEFECTS
from ..contract.probes import PROBES
from ..contract.proof import PROOF_SCHEMA, planted_entry, proof_path, record_kills
from ..errors import ContractError, UsageError
from ..evidence import json_bytes
from ..pipeline.export import export_gguf
from .engine import Measurement, Result, derive, judge_measurement, run_falsifier
from .fixtures import write_fixture
from .planted import plant_in_file, plant_in_raw
from .trial import Subject, Trial, identify, load_contracts

THROUGHPUT_FIXTURE = "fixture-throughput"
"""The data file with the samples of a real measurement of the small llama, taken on a CPU."""
_DEFAULT = "fixture-llama"


@dataclass(frozen=True)
class Kill:
    """One row of the matrix: a planted defect (None on the good fixture) and what the gate said."""

    contract: str
    falsifier: str
    fixture: str
    planted: Planted | None
    changed: bool
    result: Result
    seconds: float

    @property
    def as_hoped(self) -> bool:
        """Green on the good fixture; on a defect red on the named quantity, with bytes that differ."""
        if self.planted is None:
            return self.result.outcome is Outcome.PASS
        return record_kills(self.record())

    def record(self) -> dict[str, Any]:
        """As the proof keeps a planted defect."""
        assert self.planted is not None
        return {
            **planted_entry(self.planted),
            "fixture": self.fixture,
            "changed": self.changed,
            "outcome": str(self.result.outcome),
            "failed": sorted(self.result.failed),
        }


@dataclass(frozen=True)
class Report:
    """The matrix, and the proofs that it changed."""

    kills: tuple[Kill, ...]
    changed: tuple[Path, ...] = field(default=())

    @property
    def all_killed(self) -> bool:
        """Whether there was something to try and everything came out as hoped."""
        return bool(self.kills) and all(kill.as_hoped for kill in self.kills)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        defects = [kill for kill in self.kills if kill.planted is not None]
        return {
            "killed": sum(kill.as_hoped for kill in defects),
            "planted": len(defects),
            "changed": [path.name for path in self.changed],
            "false_alarms": [
                f"{kill.falsifier} on {kill.fixture}"
                for kill in self.kills
                if kill.planted is None and not kill.as_hoped
            ],
            "matrix": [
                {
                    "contract": kill.contract,
                    "falsifier": kill.falsifier,
                    "fixture": kill.fixture,
                    "planted": planted_entry(kill.planted) if kill.planted else None,
                    "outcome": str(kill.result.outcome),
                    "failed": sorted(kill.result.failed),
                    "detail": kill.result.detail,
                    "as_hoped": kill.as_hoped,
                    "seconds": round(kill.seconds, 2),
                }
                for kill in self.kills
            ],
        }


def falsify_contracts(names: Sequence[str] | None, *, write: bool) -> Report:
    """Run the matrix of some or all contracts; write the proofs of those that came out whole.

    A proof of a contract that did not come out whole is removed: an old one must not speak for it.
    Raises UsageError for a name without an active contract that measures.
    """
    catalogue = load_contracts()
    contracts = _chosen(catalogue, names)
    kills: list[Kill] = []
    changed: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        fixtures = Fixtures(catalogue, Path(folder))
        for contract in contracts:
            found = tuple(try_contract(fixtures, contract))
            kills += found
            path = proof_path(catalogue, contract)
            proof = json_bytes(make_proof(catalogue, contract, found))
            whole = bool(found) and all(kill.as_hoped for kill in found)
            if (path.read_bytes() if path.exists() else None) != (proof if whole else None):
                changed.append(path)
                if write and whole:
                    write_bytes(path, proof)
                elif write:
                    path.unlink()
    return Report(tuple(kills), tuple(changed))


def _chosen(catalogue: Catalogue, names: Sequence[str] | None) -> list[Contract]:
    measuring = {c.id: c for c in catalogue.contracts.values() if c.compiles and not c.compound}
    for name in names or ():
        if name not in measuring:
            raise UsageError(
                "no-such-contract",
                f"there is no active contract {name!r} that measures",
                fix=f"choose from {', '.join(measuring)}",
            )
    return [measuring[name] for name in names] if names else list(measuring.values())


def make_proof(catalogue: Catalogue, contract: Contract, kills: Iterable[Kill]) -> dict[str, Any]:
    """What is committed: outcomes and failing quantities, no times: the same result is the same bytes."""
    found = list(kills)
    return {
        "schema": PROOF_SCHEMA,
        "contract": contract.id,
        "criterion": criterion_hash(contract, catalogue),
        "planted": planted_digest(contract),
        "falsifiers": {
            falsifier.id: {
                "good": {
                    kill.fixture: str(kill.result.outcome)
                    for kill in found
                    if kill.falsifier == falsifier.id and kill.planted is None
                },
                "planted": [
                    kill.record()
                    for kill in found
                    if kill.falsifier == falsifier.id and kill.planted is not None
                ],
            }
            for falsifier in contract.falsifiers
        },
    }


class Fixtures:
    """The good fixtures and what is derived from them, each made once and when first asked for."""

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self.catalogue = catalogue
        self.folder = folder
        self._subjects: dict[str, Subject] = {}
        self._exports: dict[str, Path] = {}

    def subject(self, name: str) -> Subject:
        """The good `.apr` of a fixture."""
        if name not in self._subjects:
            path = self.folder / f"{name}.apr"
            write_fixture(self.catalogue, name, path)
            self._subjects[name] = identify(path)
        return self._subjects[name]

    def export(self, name: str) -> Path:
        """The good F32 GGUF of a fixture."""
        if name not in self._exports:
            path = self.folder / f"{name}.gguf"
            export_gguf(self.subject(name).path, path, "f32")
            self._exports[name] = path
        return self._exports[name]

    def trial(self, name: str, contract: Contract) -> Trial:
        """A trial of the good fixture, for its own registration."""
        registration = self.catalogue.registrations[name]
        release = Release(
            id=f"{name}-trial",
            title=f"Trial of {name}",
            demo=True,
            registration=name,
            weights={contract.id: 0},
            document=registration.document,
        )
        return Trial(
            subject=self.subject(name),
            catalogue=self.catalogue,
            release=release,
            registration=registration,
            artifacts={},
            workdir=self.workdir,
        )

    @cached_property
    def workdir(self) -> Path:
        """Where workers leave their samples and logs."""
        path = self.folder / "work"
        path.mkdir()
        return path

    def measured(self, trial: Trial, contract: Contract, falsifier: Falsifier) -> Measurement:
        """The recorded good samples as a measurement of this falsifier."""
        stored = strict_loads(self.catalogue.data[THROUGHPUT_FIXTURE].path.read_bytes())
        document = {
            "falsifier": falsifier.id,
            "criterion": trial.criterion(contract),
            "probe": falsifier.probe,
            "raw": stored["raw"],
        }
        derived = derive(document)
        if not isinstance(derived, Measurement):
            raise ContractError("bad-fixture", derived.detail, where=f"data {THROUGHPUT_FIXTURE}")
        return derived


def try_contract(fixtures: Fixtures, contract: Contract) -> Iterator[Kill]:
    """Every good fixture and every planted defect of a contract, one row each."""
    for falsifier in contract.falsifiers:
        of_measurement = any(planted.of == "measurement" for planted in falsifier.planted)
        names = dict.fromkeys(fixture_of(planted) for planted in falsifier.planted)
        for name in names:
            row = _good_measurement if of_measurement else _good_file
            yield row(fixtures, contract, falsifier, name)
        for planted in falsifier.planted:
            plant = _planted_measurement if planted.of == "measurement" else _planted_file
            yield plant(fixtures, contract, falsifier, planted)


def fixture_of(planted: Planted) -> str:
    """The fixture that a planted defect starts from."""
    return planted.on or DEFECTS[planted.defect].fixture


def _good_file(fixtures: Fixtures, contract: Contract, falsifier: Falsifier, name: str) -> Kill:
    started = time.monotonic()
    trial = fixtures.trial(name, contract)
    if "gguf" in PROBES[falsifier.probe].artifacts:
        trial = replace(trial, artifacts={"gguf": fixtures.export(name)})
    result = run_falsifier(trial, contract, falsifier)
    return Kill(contract.id, falsifier.id, name, None, False, result, time.monotonic() - started)


def _planted_file(fixtures: Fixtures, contract: Contract, falsifier: Falsifier, planted: Planted) -> Kill:
    started = time.monotonic()
    name = fixture_of(planted)
    trial = fixtures.trial(name, contract)
    good = fixtures.export(name) if planted.of == "gguf" else trial.subject.path
    bad = fixtures.folder / f"planted{good.suffix}"
    plant_in_file(planted, good, bad)
    in_export = planted.of == "gguf"
    trial = replace(trial, artifacts={"gguf": bad}) if in_export else trial.on(bad, {})
    changed = sha256_file(bad) != sha256_file(good)
    result = run_falsifier(trial, contract, falsifier)
    bad.unlink()
    return Kill(contract.id, falsifier.id, name, planted, changed, result, time.monotonic() - started)


def _good_measurement(fixtures: Fixtures, contract: Contract, falsifier: Falsifier, name: str) -> Kill:
    started = time.monotonic()
    trial = fixtures.trial(_DEFAULT, contract)
    measured = fixtures.measured(trial, contract, falsifier)
    result = judge_measurement(trial, contract, falsifier, measured)
    return Kill(contract.id, falsifier.id, name, None, False, result, time.monotonic() - started)


def _planted_measurement(
    fixtures: Fixtures, contract: Contract, falsifier: Falsifier, planted: Planted
) -> Kill:
    started = time.monotonic()
    trial = fixtures.trial(_DEFAULT, contract)
    good = fixtures.measured(trial, contract, falsifier).document
    raw = plant_in_raw(planted, good["raw"])
    changed = sha256_json(raw) != sha256_json(good["raw"])
    result = judge_measurement(trial, contract, falsifier, derive({**good, "raw": raw}))
    name = fixture_of(planted)
    return Kill(contract.id, falsifier.id, name, planted, changed, result, time.monotonic() - started)
