"""The files that a falsifier needs beside the subject: attached, or made from the subject by the pipeline."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from .trial import Trial


def provide(trial: Trial, kind: str) -> Path | None:
    """The attached artifact; for a gguf that nobody attached, an F32 export; else None.

    Raises ShipworthyError where the export is refused.
    """
    if kind in trial.artifacts:
        return trial.artifacts[kind]
    if kind == "gguf":
        return _export(trial)
    return None


def _export(trial: Trial) -> Path:
    """One export per trial and subject, made once also where several processes ask at the same time."""
    from ..pipeline.export import export_gguf

    folder = trial.workdir / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{trial.subject.digest[:12]}-f32.gguf"
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            export_gguf(trial.subject.path, path, "f32")
    return path
