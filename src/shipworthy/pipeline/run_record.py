"""What a training run is called and what it leaves behind: run_id, run.json, and whether it can be reused."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..canonical import sha256_file, sha256_json, strict_loads
from ..own_sources import sources_sha256
from .recipe import Recipe

SCHEMA = 1
RUN_FILE = "run.json"
STEPS_FILE = "steps.jsonl"
MANIFEST_FILE = "data-manifest.json"

_SHAPES_THE_RUN = (
    "architecture", "checkpoint", "model", "pipeline/batches.py", "pipeline/corpus.py", "pipeline/device.py",
    "pipeline/epoch_checkpoint.py", "pipeline/plan.py", "pipeline/recipe.py", "pipeline/recipe_fields.py",
    "pipeline/run_record.py", "pipeline/schedule.py", "pipeline/shards.py", "pipeline/train.py",
)  # fmt: skip
_LIBRARIES = ("numpy", "tokenizers", "torch")


def code_version() -> dict[str, Any]:
    """What the run was computed by: our version, a digest of the sources that shape it, the libraries."""
    return {
        "shipworthy": __version__,
        "sources_sha256": sources_sha256(_SHAPES_THE_RUN),
        "libraries": libraries(),
    }


def libraries() -> dict[str, str]:
    """Versions of the libraries that the arithmetic is done by."""
    return {name: version(name) for name in _LIBRARIES}


def identity(
    recipe: Recipe, *, initial_weights_sha256: str, manifest_sha256: str, compute_dtype: str
) -> dict[str, Any]:
    """All that decides what a run computes, fixed before it starts; no clock, no path, no host in it."""
    return {
        "schema": SCHEMA,
        "recipe": recipe.to_json(),
        "compute_dtype": compute_dtype,
        "initial_weights_sha256": initial_weights_sha256,
        "data_manifest_sha256": manifest_sha256,
        "code": code_version(),
        "seed": recipe.train.seed,
    }


def run_id(stated: dict[str, Any]) -> str:
    """SHA-256 of the identity's canonical form, lower-case hex."""
    return sha256_json(stated)


def checkpoint_name(epoch: int) -> str:
    """File name of an epoch's checkpoint; epochs count from 1."""
    return f"epoch-{epoch:03d}.apr"


def finished_run(directory: Path, run: str) -> dict[str, Any] | None:
    """run.json of a complete run of this id whose files are still what it lists, else None."""
    try:
        record: dict[str, Any] = strict_loads((directory / RUN_FILE).read_bytes())
        listed = record["files"]
        whole = record["run_id"] == run and record["complete"] is True and bool(record["checkpoints"])
        whole = whole and all(sha256_file(directory / name) == digest for name, digest in listed.items())
        whole = whole and all(listed[item["file"]] == item["sha256"] for item in record["checkpoints"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if whole else None


def clear(directory: Path) -> bool:
    """Remove what an earlier, unfinished attempt at this run left, and only that; whether there was any."""
    ours = [RUN_FILE, STEPS_FILE, MANIFEST_FILE]
    stale = [directory / name for name in ours if (directory / name).exists()]
    stale += [*directory.glob("epoch-*.apr"), *directory.glob(".*.partial")]
    for path in stale:
        path.unlink()
    return bool(stale)
