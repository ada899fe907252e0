"""Cells that were run before, by the digest of all that decides them.

A key binds the criterion hash, the planted defect and the sources that make it, the digest of what is good,
the sources that measure and judge, and the versions of the libraries that compute. A row that is remembered
says so. What is kept here only spares time: dispatch reads proofs, and `--no-cache` runs every cell.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...atomic import write_json
from ...canonical import sha256_file, sha256_json, strict_loads
from ...contract import Outcome, Reason, criterion_hash, registration_digest
from ...contract.probes import PROBES
from ...contract.proof import planted_entry
from ...errors import FileError
from ...own_sources import sources_sha256
from ...pipeline.run_record import RUN_FILE
from ..engine import Result
from ..planted import MADE
from .cells import Cell
from .good import Good
from .matrix import Kill

CACHE = Path(".shipworthy") / "falsify"
"""Where the verb remembers rows."""
SCHEMA = "shipworthy/falsify-cell/2"
_COMPUTES = ("gguf", "llama-cpp-python", "numpy", "tokenizers", "torch")
_MEASURES = (
    "architecture",
    "canonical.py",
    "checkpoint",
    "contract/constraints.py",
    "contract/expectation.py",
    "contract/probe.py",
    "contract/probes",
    "contract/values.py",
    "evidence/baseline.py",
    "gate/artifacts.py",
    "gate/canary.py",
    "gate/engine.py",
    "gate/falsify",
    "gate/fixtures.py",
    "gate/host.py",
    "gate/measure",
    "gate/trial.py",
    "gate/warm_client.py",
    "gate/warm_worker.py",
    "gate/worker.py",
    "gate/worker_client.py",
    "model",
    "pipeline",
)
_PLANTS = ("gate/planted/apr_file.py", "gate/planted/either_file.py", "gate/planted/gguf_file.py")


class Remembered:
    """Rows by key in a directory; of None, nothing is remembered."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    def find(self, good: Good, cell: Cell) -> Kill | None:
        """The row of this cell at today's digests, or None. A file that is damaged is none."""
        if self.directory is None:
            return None
        try:
            entry = strict_loads(self._place(good, cell).read_bytes())
            result = dict(entry["result"])
            result["outcome"] = Outcome(result["outcome"])
            result["reason"] = Reason(result["reason"]) if result["reason"] else None
            result["checks"] = tuple(result["checks"])
            return Kill(
                contract=cell.contract.id,
                falsifier=cell.falsifier.id,
                fixture=entry["fixture"],
                planted=cell.planted,
                changed=entry["changed"] is True,
                result=Result(**result),
                seconds=float(entry["seconds"]),
                empty=bool(cell.empty),
                fits=entry["fits"] is True,
                remembered=True,
                screened=str(entry["screened"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, good: Good, cell: Cell, kill: Kill) -> None:
        """Remember a row, unless the probe broke: that may be the machine's doing."""
        if self.directory is None or (kill.result.outcome is Outcome.ERROR and not kill.empty):
            return
        entry = {
            "fixture": kill.fixture,
            "changed": kill.changed,
            "fits": kill.fits,
            "result": kill.result.to_json(),
            "seconds": kill.seconds,
            "screened": kill.screened,
        }
        # A directory that cannot be written costs time, nothing else.
        with suppress(FileError, OSError):
            self.directory.mkdir(parents=True, exist_ok=True)
            write_json(self._place(good, cell), entry)

    def _place(self, good: Good, cell: Cell) -> Path:
        assert self.directory is not None
        return self.directory / f"{cell_key(good, cell)}.json"


def cell_key(good: Good, cell: Cell) -> str:
    """Lower-case hex SHA-256 of all that decides what a cell comes to."""
    return sha256_json(
        {
            "schema": SCHEMA,
            "criterion": criterion_hash(cell.contract, good.catalogue),
            "falsifier": cell.falsifier.id,
            "limits": str(cell.falsifier.limits),
            "form": str(cell.form),
            "empty": cell.empty,
            "planted": planted_entry(cell.planted) if cell.planted else None,
            "made_by": _defect_sources(cell),
            "good": _good_digest(good, cell),
            "registration": registration_digest(good.registration(cell.fixture))
            if cell.fixture in good.catalogue.registrations
            else None,
            "real": good.model is not None,
            "measured_by": _probe_sources(cell.falsifier.probe),
            "versions": _versions(),
        }
    )


def _good_digest(good: Good, cell: Cell) -> str:
    """Exports and directories follow from the checkpoint and from sources that the key binds too."""
    if good.is_recorded(cell.fixture):
        return good.samples_sha256(cell.fixture)
    if cell.planted is not None and cell.planted.of == "run":
        return str(strict_loads((good.run() / RUN_FILE).read_bytes())["run_id"])
    return good.identified(good.apr(cell.fixture)).digest


def _defect_sources(cell: Cell) -> dict[str, str] | None:
    if cell.planted is None:
        return None
    own = Path(str(inspect.getsourcefile(MADE[cell.planted.of, cell.planted.defect])))
    return {"own": sha256_file(own), "shared": _shared_sources()}


@cache
def _shared_sources() -> str:
    return sources_sha256(_PLANTS)


@cache
def _probe_sources(probe: str) -> dict[str, str]:
    declared = Path(str(inspect.getsourcefile(PROBES[probe].summarize)))
    return {"probe": sha256_file(declared), "all": sources_sha256(_MEASURES)}


@cache
def _versions() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _COMPUTES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
