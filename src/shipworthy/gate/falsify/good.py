"""What is good: the small fixtures, or one real model, in every form that a gate is tried on, made once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ...canonical import content_sha256, sha256_json, strict_loads
from ...checkpoint import open_checkpoint, write_apr
from ...contract import Catalogue, Contract, Falsifier, Registration, Release
from ...errors import ContractError
from ...pipeline.convert import convert
from ...pipeline.export import export_gguf
from ..engine import Measurement, derive
from ..fixtures import train_fixture, write_fixture
from ..planted.apr_file import rewrite_apr
from ..trial import Subject, Trial, identify, registration_of
from ..worker_client import Start, start_fresh
from .baselines import record_baseline
from .forms import Form

RUN_FIXTURE = "fixture-run"
"""A short training of the small llama, taken when it is first needed."""
DEFAULT = "fixture-llama"
_NO_TENSORS = (8).to_bytes(8, "little") + b"{}      "
"""A safetensors file of no tensors."""


class Good:
    """Good subjects, exports and runs under the names of fixtures; with a model, that under every name.

    Several threads may ask; each thing is made once, in `folder`. `start` is how measurements are begun.
    """

    def __init__(
        self, catalogue: Catalogue, folder: Path, model: Path | None = None, start: Start = start_fresh
    ) -> None:
        self.catalogue = catalogue
        self.folder = folder
        self.model = model
        self.start = start
        self._made: dict[str, Path] = {}
        self._subjects: dict[Path, Subject] = {}
        self._contents: dict[Path, str] = {}
        self._baselines: dict[Path, bool] = {}
        self._stored: dict[str, dict[str, Any]] = {}
        self._samples_sha256: dict[str, str] = {}
        self._measured: dict[tuple[str, str], Measurement] = {}
        self._lock = threading.RLock()

    def name(self, fixture: str) -> str:
        """What a row calls the fixture."""
        return fixture if self.model is None else self.model.stem

    def registration(self, fixture: str) -> Registration:
        """The registration that the fixture, or the model, meets."""
        return self.catalogue.registrations[fixture] if self.model is None else self._registered

    @cached_property
    def _registered(self) -> Registration:
        return registration_of(self.apr(DEFAULT), self.catalogue)

    def apr(self, fixture: str, dtype: str = "f32") -> Path:
        """The good `.apr`."""
        path = self.folder / f"{self.name(fixture)}-{dtype}.apr"
        if dtype != "f32":
            return self._once(path, lambda: _converted(self.apr(fixture), path, "apr", dtype))
        if self.model is not None:
            model = self.model
            return self._once(path, lambda: _as_checkpoint(model, path))
        return self._once(path, lambda: write_fixture(self.catalogue, fixture, path))

    def export(self, fixture: str, dtype: str = "f32", *, of: str = "f32") -> Path:
        """The good GGUF, stored as `dtype`, of the `.apr` whose dtype is `of`."""
        path = self.folder / f"{self.name(fixture)}-{of}-as-{dtype}.gguf"
        return self._once(path, lambda: export_gguf(self.apr(fixture, of), path, dtype))

    def directory(self, fixture: str) -> Path:
        """The good Hugging Face directory."""
        path = self.folder / f"{self.name(fixture)}-hf"
        return self._once(path, lambda: _converted(self.apr(fixture), path, "hf", "f32"))

    def run(self) -> Path:
        """The good training run."""
        with self._lock:
            if RUN_FIXTURE not in self._made:
                place = self.folder / RUN_FIXTURE
                place.mkdir()
                self._made[RUN_FIXTURE] = train_fixture(self.catalogue, place)
            return self._made[RUN_FIXTURE]

    def of_kind(self, kind: str, fixture: str) -> Path:
        """What a planted defect of `kind` changes."""
        made: Mapping[str, Callable[[], Path]] = {
            "apr": lambda: self.apr(fixture),
            "gguf": lambda: self.export(fixture),
            "hf": lambda: self.directory(fixture),
            "run": self.run,
        }
        return made[kind]()

    def subject(self, form: Form, fixture: str) -> Subject:
        """The subject of a form."""
        path = {
            "apr": lambda: self.apr(fixture, form.dtype),
            "gguf": lambda: self.export(fixture, form.dtype),
            "hf": lambda: self.directory(fixture),
        }[form.format]()
        return self.identified(path)

    def identified(self, path: Path) -> Subject:
        """A good file as a subject, its content verified once."""
        with self._lock:
            if path not in self._subjects:
                self._subjects[path] = identify(path)
            return self._subjects[path]

    def content_sha256(self, path: Path) -> str:
        """The digest of the content of a good file or directory, taken once."""
        with self._lock:
            if path not in self._contents:
                self._contents[path] = content_sha256(path)
            return self._contents[path]

    def empty(self, fixture: str, format: str = "apr") -> dict[str, Path]:
        """Subjects without content: a file of no bytes, and a fixture's checkpoint of no tensors; as a
        directory where a contract admits no file."""
        suffix = "-hf" if format == "hf" else ".apr"
        nothing, bare = self.folder / "empty.apr", self.folder / f"bare-{fixture}{suffix}"

        def write_bare() -> None:
            if format == "hf":
                shutil.copytree(self.directory(fixture), bare)
                (bare / "model.safetensors").write_bytes(_NO_TENSORS)
                return
            with open_checkpoint(self.apr(fixture)) as checkpoint:
                write_apr(
                    bare, metadata=dict(checkpoint.metadata), tensors={}, tokenizer=checkpoint.tokenizer()
                )

        return {
            "(empty file)": self._once(nothing, lambda: nothing.write_bytes(b"")),
            "(no tensors)": self._once(bare, write_bare),
        }

    def trial(self, contract: Contract, fixture: str, subject: Subject, workdir: Path) -> Trial:
        """A trial of one subject for the fixture's own registration."""
        registration = self.registration(fixture)
        release = Release(
            id=f"{registration.id}-trial",
            title=f"Trial of {registration.id}",
            demo=True,
            registration=registration.id,
            weights={contract.id: 0},
            document=registration.document,
        )
        return Trial(subject, self.catalogue, release, registration, {}, workdir)

    def baseline(self, contract: Contract, trial: Trial) -> Path | None:
        """What the contract's recording falsifiers measure of the trial's good subject, measured once."""
        path = self.folder / f"{contract.id}-{trial.subject.digest[:12]}-baseline.json"
        with self._lock:
            if path not in self._baselines:
                self._baselines[path] = record_baseline(trial, contract, path, start=self.start)
        return path if self._baselines[path] else None

    def is_recorded(self, fixture: str) -> bool:
        """Whether a fixture is a recorded measurement: a data file, not a model."""
        return fixture in self.catalogue.data and fixture not in self.catalogue.registrations

    def measured(self, trial: Trial, contract: Contract, falsifier: Falsifier, fixture: str) -> Measurement:
        """The recorded good samples of a data file as a measurement of this falsifier, derived once.

        Raises ContractError bad-fixture where they are of another probe, or no raw samples of this one.
        """
        key = (falsifier.id, fixture)
        with self._lock:
            if key not in self._measured:
                self._measured[key] = self._derived(trial, contract, falsifier, fixture)
            return self._measured[key]

    def _derived(self, trial: Trial, contract: Contract, falsifier: Falsifier, fixture: str) -> Measurement:
        document = {
            "falsifier": falsifier.id,
            "criterion": trial.criterion(contract),
            "probe": falsifier.probe,
            "raw": self.samples(fixture),
        }
        stated = self._recorded(fixture).get("probe")
        if stated != falsifier.probe:
            message = f"holds samples of {stated}, not of {falsifier.probe}"
            raise ContractError("bad-fixture", message, where=f"data {fixture}", fix="record them anew")
        derived = derive(document)
        if not isinstance(derived, Measurement):
            raise ContractError("bad-fixture", derived.detail, where=f"data {fixture}")
        return derived

    def samples(self, fixture: str) -> dict[str, Any]:
        """The raw samples of a recorded measurement, which nobody may change."""
        found: dict[str, Any] = self._recorded(fixture)["raw"]
        return found

    def samples_sha256(self, fixture: str) -> str:
        """The digest of the raw samples of a recorded measurement, taken once."""
        with self._lock:
            if fixture not in self._samples_sha256:
                self._samples_sha256[fixture] = sha256_json(self.samples(fixture))
            return self._samples_sha256[fixture]

    def _recorded(self, fixture: str) -> dict[str, Any]:
        with self._lock:
            if fixture not in self._stored:
                self._stored[fixture] = strict_loads(self.catalogue.data[fixture].path.read_bytes())
            return self._stored[fixture]

    def _once(self, path: Path, make: Callable[[], Any]) -> Path:
        with self._lock:
            if not path.exists():
                make()
            return path


def _converted(source: Path, out: Path, to: str, dtype: str) -> None:
    """Rounding is what another dtype means, and what a directory cannot carry is not looked at here."""
    convert(source, out, to, dtype, allow_loss=True)


def _as_checkpoint(model: Path, out: Path) -> None:
    """The F32 `.apr` of a model, which says what it was made from, as a checkpoint of ours does."""
    bare = out.with_suffix(".bare.apr")
    _converted(model, bare, "apr", "f32")
    rewrite_apr(bare, out, metadata=lambda stated: {"source": model.name, **stated})
    bare.unlink()
