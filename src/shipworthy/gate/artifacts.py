"""The files that a falsifier needs beside the subject: attached, or made from the subject by the pipeline."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from ..contract import Falsifier
from .trial import Trial


def attached_as(falsifier: Falsifier, kind: str) -> str:
    """The name under which an artifact is attached: its kind, and of a GGUF that must not be F32 the dtype
    that the falsifier names, as in `gguf:q4_k_m`."""
    dtype = export_dtype(falsifier)
    return f"gguf:{dtype}" if kind == "gguf" and dtype != "f32" else kind


def export_dtype(falsifier: Falsifier) -> str:
    """The dtype of the export that a falsifier reads, where it reads one: F32 unless it names another."""
    return str(falsifier.parameters.get("export", "f32"))


def provide(trial: Trial, falsifier: Falsifier, kind: str) -> Path | None:
    """The attached artifact; for a gguf that nobody attached, an export in the dtype; else None.

    Raises ShipworthyError where the export is refused.
    """
    name = attached_as(falsifier, kind)
    if name in trial.artifacts:
        return trial.artifacts[name]
    if kind == "gguf":
        return _export(trial, export_dtype(falsifier))
    return None


def _export(trial: Trial, dtype: str) -> Path:
    """One export per trial, subject and dtype, made once also where several processes ask at once."""
    from ..pipeline.export import export_gguf

    folder = trial.workdir / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{trial.subject.digest[:12]}-{dtype}.gguf"
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            export_gguf(trial.subject.path, path, dtype)
    return path
