"""The cells of the matrix: what each falsifier is tried on, and one trial of it through the real gate."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...canonical import content_sha256, sha256_json
from ...contract import Contract, Falsifier, Outcome, Planted, Reason
from ...contract.defects import DEFECTS
from ...errors import ContractError, FileError
from ..artifacts import attached_as
from ..engine import Measurement, Result, Unmeasured, derive, judge_measurement, run_falsifier
from ..planted import plant_in_file, plant_in_raw
from ..trial import Trial
from .baselines import KIND as BASELINE
from .baselines import needs_baseline
from .forms import PLAIN, Form, admitted_forms, plain_form
from .good import DEFAULT, Good
from .matrix import Kill
from .screen import screened, screening

_ARTIFACT_OF = {"gguf": "gguf", "run": "run"}
"""Defects of these kinds stand in an artifact; of the others, in the subject."""


@dataclass(frozen=True)
class Cell:
    """One thing that a falsifier is tried on: something good in a form, a planted defect, or nothing."""

    contract: Contract
    falsifier: Falsifier
    fixture: str
    form: Form = PLAIN
    planted: Planted | None = None
    empty: str = ""

    @property
    def name(self) -> str:
        """How a list of cells names it."""
        what = self.empty or (self.planted.defect if self.planted else self.form.of(self.fixture))
        return f"{self.falsifier.id}: {what}"


def fixture_of(planted: Planted) -> str:
    """The fixture that a planted defect starts from."""
    return planted.on or DEFECTS[planted.defect].fixture


def cells_of(good: Good, contract: Contract) -> Iterator[Cell]:
    """Everything that a contract's falsifiers are tried on; on a real model, what it can show alone.

    Planted defects of a measurement start from recorded samples. A falsifier that has no others is tried on
    no file.
    """
    for falsifier in contract.falsifiers:
        recorded = [fixture_of(p) for p in falsifier.planted if p.of == "measurement"]
        if good.model is None:
            for name in dict.fromkeys(recorded):
                yield Cell(contract, falsifier, name)
        if len(recorded) < len(falsifier.planted) or not recorded:
            yield from _good_cells(good, contract, falsifier)
            if good.model is None:
                base = _base(good, contract, falsifier)
                form = Form(plain_form(contract, falsifier).format)
                for name in good.empty(base, form.format):
                    yield Cell(contract, falsifier, base, form, empty=name)
        for planted in falsifier.planted:
            if good.model is None or planted.of not in ("measurement", "run"):
                plain = plain_form(contract, falsifier)
                yield Cell(contract, falsifier, fixture_of(planted), plain, planted)


def _named(falsifier: Falsifier) -> list[str]:
    """The model fixtures that planted defects start from."""
    of_files = [planted for planted in falsifier.planted if planted.of not in ("run", "measurement")]
    return [fixture_of(planted) for planted in of_files]


def _base(good: Good, contract: Contract, falsifier: Falsifier) -> str:
    """What a subject of nothing is made of: our own fixture, or one that the contract admits, or that a
    directory without it has."""
    registrations, admitted = good.catalogue.registrations, contract.applies.get("architecture")
    here = [name for name in (DEFAULT, *_named(falsifier)) if name in registrations]
    fit = [
        name for name in here if admitted is None or registrations[name].constants["architecture"] in admitted
    ]
    return (fit or here or [DEFAULT])[0]


def _good_cells(good: Good, contract: Contract, falsifier: Falsifier) -> Iterator[Cell]:
    """The first fixture in every form; the others, and a fixture of each architecture that none of them has,
    in the plain one."""
    named = _named(falsifier)
    first = named[0] if named else DEFAULT
    for form in admitted_forms(contract, falsifier):
        yield Cell(contract, falsifier, first, form)
    if good.model is not None:
        return
    plain = plain_form(contract, falsifier)
    registered = good.catalogue.registrations
    tried = {registered[n].constants["architecture"] for n in (first, *named) if n in registered}
    others = [n for n in _admitted(good, contract) if registered[n].constants["architecture"] not in tried]
    for name in dict.fromkeys([*named, *others]):
        if name != first:
            yield Cell(contract, falsifier, name, plain)


def _admitted(good: Good, contract: Contract) -> Iterator[str]:
    admitted = contract.applies.get("architecture")
    for name, registration in sorted(good.catalogue.registrations.items()):
        if name.startswith("fixture-") and (
            admitted is None or registration.constants["architecture"] in admitted
        ):
            yield name


def patient(cell: Cell, times: float) -> Cell:
    """The same cell with longer to run: a machine that is busy with other work is no finding."""
    limits = cell.falsifier.limits
    seconds = None if limits.seconds is None else limits.seconds * times
    return replace(cell, falsifier=replace(cell.falsifier, limits=replace(limits, seconds=seconds)))


def run_cell(good: Good, cell: Cell) -> Kill:
    """Make what the cell is tried on, run the real gate on it, and leave nothing behind."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cell-", dir=good.folder) as folder:
        kill = _run(good, cell, Path(folder))
        # A matrix names files, and no place of this machine.
        detail = kill.result.detail.replace(f"{folder}/", "").replace(f"{good.folder}/", "")
    return replace(kill, result=replace(kill.result, detail=detail), seconds=time.monotonic() - started)


def _run(good: Good, cell: Cell, folder: Path) -> Kill:
    if cell.empty:
        return _on_nothing(good, cell, folder)
    if good.is_recorded(cell.fixture):
        return _on_samples(good, cell, folder)
    return _on_good(good, cell, folder) if cell.planted is None else _on_defect(good, cell, folder)


def _on_good(good: Good, cell: Cell, folder: Path) -> Kill:
    trial = _good_trial(good, cell, folder)
    result = run_falsifier(trial, cell.contract, cell.falsifier, start=good.start)
    return _kill(cell, cell.form.of(good.name(cell.fixture)), result)


def _good_trial(good: Good, cell: Cell, folder: Path) -> Trial:
    form, fixture = cell.form, cell.fixture
    trial = good.trial(cell.contract, fixture, good.subject(form, fixture), folder)
    artifacts = _baseline(good, cell, trial)
    if form.export is not None:
        artifacts[attached_as(cell.falsifier, "gguf")] = good.export(fixture, form.export, of=form.dtype)
    return replace(trial, artifacts=artifacts)


def _baseline(good: Good, cell: Cell, trial: Trial) -> dict[str, Path]:
    """What was recorded of the good subject, where the falsifier needs it and the contract records it."""
    path = good.baseline(cell.contract, trial) if needs_baseline(cell.falsifier) else None
    return {} if path is None else {BASELINE: path}


def _on_defect(good: Good, cell: Cell, folder: Path) -> Kill:
    planted = cell.planted
    assert planted is not None
    trial = _good_trial(good, cell, folder)
    source = good.of_kind(planted.of, cell.fixture)
    bad = folder / f"planted{source.suffix}"
    name = cell.form.of(good.name(cell.fixture))
    try:
        plant_in_file(planted, source, bad)
    except ContractError as error:
        if error.code != "defect-does-not-fit":
            raise
        return _kill(cell, name, _not_tried(trial, cell, error.message), fits=False)
    was = {good.content_sha256(path) for path in (source, *_read(trial, cell, planted))}
    changed = content_sha256(bad) not in was
    if good.model is not None and not changed:
        return _kill(cell, name, _not_tried(trial, cell, "changes nothing here"))
    if planted.of in _ARTIFACT_OF:
        kind = attached_as(cell.falsifier, _ARTIFACT_OF[planted.of])
        trial = replace(trial, artifacts={**trial.artifacts, kind: bad})
    else:
        trial = trial.on(bad, _baseline(good, cell, trial))
    if good.model is not None and (few := screening(trial, cell.falsifier, planted, folder)) is not None:
        looked = run_falsifier(few[0], cell.contract, cell.falsifier, start=good.start)
        if (certain := screened(trial, planted, cell.falsifier, looked)) is not None:
            return replace(_kill(cell, name, certain, changed=changed), screened=few[1])
    result = run_falsifier(trial, cell.contract, cell.falsifier, start=good.start)
    return _kill(cell, name, result, changed=changed)


def _read(trial: Trial, cell: Cell, planted: Planted) -> list[Path]:
    """The good artifact in whose place the bad one is put: not always what it is made from."""
    kind = _ARTIFACT_OF.get(planted.of)
    name = "" if kind is None else attached_as(cell.falsifier, kind)
    return [path for there, path in trial.artifacts.items() if there == name]


def _on_nothing(good: Good, cell: Cell, folder: Path) -> Kill:
    """A subject that cannot be opened never reaches a gate: its refusal is the answer."""
    trial = good.trial(cell.contract, cell.fixture, good.subject(PLAIN, cell.fixture), folder)
    try:
        empty = good.empty(cell.fixture, cell.form.format)[cell.empty]
        trial = trial.on(empty, _baseline(good, cell, trial))
    except FileError as error:
        return _kill(cell, cell.empty, _refused(trial, cell, f"{error.code}: {error.message}"))
    return _kill(cell, cell.empty, run_falsifier(trial, cell.contract, cell.falsifier, start=good.start))


def _on_samples(good: Good, cell: Cell, folder: Path) -> Kill:
    trial = good.trial(cell.contract, DEFAULT, good.subject(PLAIN, DEFAULT), folder)
    measured: Measurement | Unmeasured = good.measured(trial, cell.contract, cell.falsifier, cell.fixture)
    changed = False
    if cell.planted is not None:
        assert isinstance(measured, Measurement)
        raw: Mapping[str, Any] = measured.document["raw"]
        bad = plant_in_raw(cell.planted, raw)
        changed = sha256_json(bad) != good.samples_sha256(cell.fixture)
        measured = derive({**measured.document, "raw": bad})
    result = judge_measurement(trial, cell.contract, cell.falsifier, measured)
    return _kill(cell, cell.fixture, result, changed=changed)


def _not_tried(trial: Trial, cell: Cell, why: str) -> Result:
    unmeasured = Unmeasured(Outcome.UNMEASURABLE, Reason.NOT_RUN, f"not applicable: {why}")
    return judge_measurement(trial, cell.contract, cell.falsifier, unmeasured)


def _refused(trial: Trial, cell: Cell, why: str) -> Result:
    return judge_measurement(
        trial, cell.contract, cell.falsifier, Unmeasured(Outcome.ERROR, Reason.ERROR, why)
    )


def _kill(cell: Cell, fixture: str, result: Result, *, changed: bool = False, fits: bool = True) -> Kill:
    return Kill(
        contract=cell.contract.id,
        falsifier=cell.falsifier.id,
        fixture=fixture,
        planted=cell.planted,
        changed=changed,
        result=result,
        seconds=0.0,
        empty=bool(cell.empty),
        fits=fits,
    )
