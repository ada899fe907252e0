"""Exports of a checkpoint for our own use, made once and kept by what they depend on."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

from ..atomic import refusing_unwritable, write_json
from ..canonical import sha256_file, sha256_json, strict_loads
from ..digest_cache import cache_directory, cached_sha256
from ..own_sources import sources_sha256
from .export import export_gguf

_EXPORTER = (
    "architecture",
    "checkpoint",
    "pipeline/export.py",
    "pipeline/gguf_dtypes.py",
    "pipeline/gguf_fields.py",
    "pipeline/gguf_writer.py",
)
_KEPT = 4
"""Exports that are kept: each is as large as its model."""


def cached_export(checkpoint: Path, dtype: str, hold: Path) -> Path:
    """The GGUF of a checkpoint in `dtype`, from the cache where it is there and whole.

    `hold`, a directory made by `holding`, gets a second name of it, so that it stays while it is used. A
    convenience of `run` and `bench`: gates export anew. Raises what `export_gguf` raises.
    """
    digest = cached_sha256(checkpoint) if checkpoint.is_file() else _directory_digest(checkpoint)
    key = sha256_json({"checkpoint": digest, "dtype": dtype, "exporter": sources_sha256(_EXPORTER)})
    directory = cache_directory() / "exports"
    path, record = directory / f"{key[:24]}.gguf", directory / f"{key[:24]}.json"
    with refusing_unwritable(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / ".lock").acquire()
    with lock:
        if _recorded(record) != (cached_sha256(path) if path.exists() else None):
            record.unlink(missing_ok=True)
            report = export_gguf(checkpoint, path, dtype)
            write_json(record, {"sha256": report.sha256})
        record.touch()  # not the export: its digest is remembered by its times
        _remove_oldest(directory, path)
        held = hold / path.name
        held.hardlink_to(path)
    return held


def _recorded(record: Path) -> str:
    try:
        return str(strict_loads(record.read_bytes())["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _directory_digest(checkpoint: Path) -> str:
    return sha256_json({f.name: sha256_file(f) for f in sorted(checkpoint.iterdir()) if f.is_file()})


def _remove_oldest(directory: Path, newest: Path) -> None:
    records = sorted(directory.glob("*.json"), key=lambda record: record.stat().st_mtime)
    kept = {record.stem for record in records[-_KEPT:]} | {newest.stem}
    for path in [*directory.glob("*.gguf"), *records, *directory.glob(".*.partial")]:
        if path.stem not in kept:  # what a crash left in the middle is of nobody: the lock is ours
            path.unlink(missing_ok=True)


def holding() -> TemporaryDirectory[str]:
    """A directory on the disk of the cache, which vanishes with who uses it."""
    directory = cache_directory() / "held"
    with refusing_unwritable(directory):
        directory.mkdir(parents=True, exist_ok=True)
    return TemporaryDirectory(dir=directory, prefix="shipworthy-")
