"""All cells of some contracts, the proofs that follow from them, and the matrix of a real model."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

from ...atomic import write_bytes
from ...contract import Catalogue, Contract, criterion_hash, planted_digest
from ...contract.proof import PROOF_SCHEMA, made_with, proof_path
from ...errors import UsageError
from ...evidence import json_bytes
from ..measure import modules_of
from ..trial import load_contracts
from ..warm_client import WarmWorkers
from .acceptance import settled
from .cells import Cell, cells_of, patient, run_cell
from .good import DEFAULT, Good
from .matrix import Kill, Report
from .remembered import Remembered

_PATIENCE = 4
"""How many times its limit of seconds a falsifier may take on a real model, which runs beside other work."""

Progress = Callable[[Kill, int, int, float], None]
"""Told of each row, its number, how many there are, and about how many seconds the rest takes."""


def falsify_contracts(
    names: Sequence[str] | None,
    *,
    write: bool,
    cache: Path | None = None,
    jobs: int | None = None,
) -> Report:
    """Run the matrix of some or all contracts; write the proofs of those that came out whole.

    A proof of a contract that did not come out whole is removed: an old one must not speak for it. `cache` is
    where rows are remembered, `jobs` how many cells run at once: one per processor unless it is said.
    Raises UsageError for a name without an active contract that measures.
    """
    catalogue = load_contracts()
    contracts = _chosen(catalogue, names)
    changed: list[Path] = []
    probes = [falsifier.probe for contract in contracts for falsifier in contract.falsifiers]
    modules = [module for probe in probes for module in modules_of(probe)]
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder, WarmWorkers(modules) as warm:
        good = Good(catalogue, Path(folder), start=warm.start)
        cells = [cell for contract in contracts for cell in cells_of(good, contract)]
        kills = _run_all(good, cells, Remembered(cache), jobs or _processors())
    for contract in contracts:
        found = [kill for kill in kills if kill.contract == contract.id]
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


def falsify_model(
    model: Path,
    names: Sequence[str] | None = None,
    *,
    cache: Path | None = None,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Report:
    """Run the same matrix on a real model, one cell at a time, and begin none after `seconds`.

    The rows that were left are named; with a `cache` the next run goes on with them. Raises UsageError for a
    model that is not registered, FileError for one that is not whole.
    """
    catalogue = load_contracts()
    contracts = _chosen(catalogue, names)
    started = time.monotonic()
    remembered = Remembered(cache)
    kills: list[Kill] = []
    left: list[str] = []
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        good = Good(catalogue, Path(folder), model)
        subject = good.identified(good.apr(DEFAULT))
        registration = good.registration(DEFAULT)
        cells = [
            cell
            for contract in contracts
            if subject.architecture in contract.applies.get("architecture", (subject.architecture,))
            for cell in (patient(cell, _PATIENCE) for cell in cells_of(good, contract))
        ]
        known = [remembered.find(good, cell) for cell in cells]
        for number, (cell, kill) in enumerate(zip(cells, known, strict=True), start=1):
            if kill is None and seconds is not None and time.monotonic() - started > seconds:
                left.append(cell.name)
                continue
            kill = kill or _run_and_keep(good, cell, remembered)
            kill = settled([*kills, kill], contracts)[-1]
            kills.append(kill)
            if progress is not None:
                rest = [other for other, was in zip(cells[number:], known[number:], strict=True) if not was]
                progress(kill, number, len(cells), seconds_left(kills, rest))
    about = {
        "name": model.name,
        "registration": registration.id,
        "apr_f32_sha256": subject.digest,
    }
    return Report(tuple(kills), (), about, tuple(left))


def _run_all(good: Good, cells: Sequence[Cell], remembered: Remembered, jobs: int) -> list[Kill]:
    """The rows in the cells' order, whatever order they were run in."""
    for cell in cells:
        if cell.planted is not None and cell.planted.of == "run":
            good.run()

    def one(cell: Cell) -> Kill:
        return remembered.find(good, cell) or _run_and_keep(good, cell, remembered)

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(one, cells))


def seconds_left(kills: Sequence[Kill], rest: Sequence[Cell]) -> float:
    """About how long `rest` takes: each cell as those of its falsifier on average, or as all did."""
    took: dict[str, list[float]] = {}
    for kill in kills:
        took.setdefault(kill.falsifier, []).append(kill.seconds)
    mean = fmean(kill.seconds for kill in kills)
    return sum(fmean(took[c.falsifier.id]) if c.falsifier.id in took else mean for c in rest)


def _run_and_keep(good: Good, cell: Cell, remembered: Remembered) -> Kill:
    kill = run_cell(good, cell)
    remembered.keep(good, cell, kill)
    return kill


def _processors() -> int:
    return len(os.sched_getaffinity(0))


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
    falsifiers = {
        falsifier.id: _proof_of([kill for kill in found if kill.falsifier == falsifier.id])
        for falsifier in contract.falsifiers
    }
    return {
        "schema": PROOF_SCHEMA,
        "contract": contract.id,
        "criterion": criterion_hash(contract, catalogue),
        "planted": planted_digest(contract),
        "made_with": made_with(catalogue, contract, falsifiers),
        "falsifiers": falsifiers,
    }


def _proof_of(kills: Sequence[Kill]) -> dict[str, Any]:
    others = [kill for kill in kills if kill.planted is None]
    return {
        "good": {kill.fixture: str(kill.result.outcome) for kill in others if not kill.empty},
        "empty": {kill.fixture: str(kill.result.outcome) for kill in others if kill.empty},
        "planted": [kill.record() for kill in kills if kill.planted is not None],
    }
