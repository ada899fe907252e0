"""One pytest session as a dispatch: what is on trial, its outcomes, and the bundle at its end.

With xdist every worker opens the same trial; per-gate files in one work directory bring them together, and
the controller alone writes the bundle.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from ..atomic import write_json
from ..canonical import strict_loads
from ..contract import Catalogue, compile_catalogue, gate_filename
from ..contract.compile import is_compiled, members_test_name, test_name
from ..errors import ContractError, FileError, ShipworthyError, UsageError
from ..evidence import read_bundle
from .assemble import Allowed, Session, assemble, parse_allowed, verdicts_so_far
from .fixture import CompoundGate, Gate
from .stages import STAGES, Staged, run_stages
from .trial import Trial, load_contracts, make_trial, parse_artifacts

WORKDIR = "SHIPWORTHY_WORKDIR"
"""Where a dispatch, which removes it whatever happens, wants the work directory to be."""

_GATES = "gates-directory"
_KINDS = {kind.__name__: kind for kind in (UsageError, ContractError, FileError, ShipworthyError)}


class TrialSession:
    """Lives on the controller and on every worker of one pytest run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.started = datetime.now(UTC)
        self.worker = getattr(config, "workerinput", None)
        if self.worker is None:
            self.workdir = Path(os.environ.get(WORKDIR) or tempfile.mkdtemp(prefix="shipworthy-"))
        else:
            self.workdir = Path(self.worker["shipworthy_workdir"])
        self.bundle: Path | None = None
        try:
            self.allowed: tuple[Allowed, ...] = parse_allowed(config.getoption("--allow-blocked"))
        except ShipworthyError as error:
            raise pytest.UsageError(str(error)) from error

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell an xdist worker where the trial lies."""
        node.workerinput["shipworthy_workdir"] = str(self.workdir)

    def pytest_sessionstart(self) -> None:
        """With xdist, open a subject before any worker does, so that what is wrong with it is said once."""
        distributed = self.config.getoption("numprocesses", None) is not None
        if distributed and self.worker is None and self.config.getoption("--recipe") is None:
            self._open_or_exit()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out the gates of criteria that the release which was named has not."""
        release = self.catalogue.releases.get(self.config.getoption("--release") or "")
        if release is None:
            return
        wanted = {
            gate_filename(contract)
            for contract in self.catalogue.contracts.values()
            if contract.id in release.weights
        }
        others = [item for item in items if item.path.name in self.compiled.keys() - wanted]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]

    def pytest_collect_file(self, file_path: Path) -> None:
        """Note where the gates are, for the controller: with xdist it collects nothing itself."""
        if file_path.suffix == ".py" and is_compiled(file_path):
            (self.workdir / _GATES).write_text(str(file_path.parent.resolve()))

    @cached_property
    def catalogue(self) -> Catalogue:
        """The contracts, read once a process."""
        return load_contracts()

    @cached_property
    def compiled(self) -> dict[str, str]:
        """The gates as they must be, by file name."""
        return compile_catalogue(self.catalogue)

    @cached_property
    def trial(self) -> Trial:
        """The trial: stages run once per pytest run, then the subject is opened."""
        option = self.config.getoption
        staged = self._staged()
        return make_trial(
            staged.subject,
            catalogue=self.catalogue,
            release=option("--release") or staged.release,
            artifacts={**staged.artifacts, **parse_artifacts(option("--artifact"), self.workdir)},
            workdir=self.workdir,
        )

    def _staged(self) -> Staged:
        option = self.config.getoption
        if option("--recipe") is None:
            return Staged(Path(option("--subject")), {}, {}, None)
        if option("--subject") is not None:
            raise UsageError("two-subjects", "--subject and --recipe both name a subject", fix="give one")
        with self._output_shown():
            return run_stages(Path(option("--recipe")), option("--recipe-device"), self.workdir)

    @contextmanager
    def _output_shown(self) -> Iterator[None]:
        """Let the progress of long stages reach the terminal."""
        capture = self.config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            yield
            return
        with capture.global_and_fixture_disabled():
            yield

    def gate_for(self, module: Path, function: str) -> Gate | CompoundGate:
        """The gate of one compiled test function."""
        trial = self._open_or_exit()
        for contract in self.catalogue.contracts.values():
            if module.name == gate_filename(contract) and function == members_test_name(contract):
                found = verdicts_so_far(self._session({}))
                return CompoundGate({name: verdict.verdict for name, verdict in found.items()})
            for falsifier in contract.falsifiers:
                if function == test_name(falsifier):
                    return Gate(trial, contract, falsifier, self.stale(module))
        pytest.fail(f"no contract has a falsifier for {function}; run `make compile`", pytrace=False)

    def _open_or_exit(self) -> Trial:
        """The trial; what prevents it ends the run with one line."""
        try:
            return self.trial
        except ShipworthyError as error:
            self._note_failure(error)
            pytest.exit(str(error), returncode=error.exit_code)

    def stale(self, module: Path) -> str:
        """What is wrong with a gate file, if anything: its bytes must be what its contract compiles to."""
        expected = self.compiled.get(module.name)
        if expected is not None and module.read_bytes() == expected.encode():
            return ""
        return f"gates/{module.name} is not what its contract compiles to; run `make compile`"

    def _note_failure(self, error: ShipworthyError) -> None:
        kind = next(name for name, known in _KINDS.items() if isinstance(error, known))
        note = {"kind": kind, "exit_code": error.exit_code, "message": str(error)}
        write_json(self.workdir / "failure.json", note)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the bundle, on the controller only."""
        if self.worker is not None:
            return
        report: dict[str, Any] = {"bundle": None, "failure": None}
        failure = self.workdir / "failure.json"
        if not failure.exists() and not self.config.getoption("collectonly"):
            report["bundle"] = self._assemble()
        if failure.exists():
            report["failure"] = strict_loads(failure.read_bytes())
        if target := self.config.getoption("--dispatch-report"):
            Path(target).write_text(json.dumps(report))
        shutil.rmtree(self.workdir, ignore_errors=True)

    def _assemble(self) -> str | None:
        try:
            if self.config.getoption("--recipe") and not (self.workdir / STAGES).exists():
                raise UsageError("nothing-tried", "no gate ran, so nothing was trained", fix="select a gate")
            information = self._staged().information if self.config.getoption("--recipe") else {}
            self.bundle = assemble(self._session(information), Path(self.config.getoption("--evidence")))
        except ShipworthyError as error:
            self._note_failure(error)
            return None
        return str(self.bundle)

    def _session(self, information: Mapping[str, Any]) -> Session:
        return Session(self.trial, self.started, self.allowed, self._stale_contracts(), information)

    def _stale_contracts(self) -> dict[str, str]:
        """Per compiled file name, what is stale; a file that is not there is not stale but not run."""
        noted = self.workdir / _GATES
        if not noted.exists():
            return {}
        gates = Path(noted.read_text())
        files = ((name, gates / name) for name in self.compiled)
        found = {name: self.stale(path) for name, path in files if path.exists()}
        return {name: problem for name, problem in found.items() if problem}

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say the verdicts, which a green test is not, and where the evidence is."""
        if self.bundle is None or self.config.getoption("--dispatch-report") is not None:
            return
        terminalreporter.section("verdicts")
        for entry in read_bundle(self.bundle).predicate["criteria"]:
            reasons = f" by {', '.join(entry['reasons'])}" if entry["reasons"] else ""
            terminalreporter.write_line(f"{entry['id']}: {entry['verdict']}{reasons}")
        terminalreporter.write_line(f"evidence: {self.bundle}")
