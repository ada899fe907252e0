"""The pipeline as pytest runs it before the gates: train, checkpoint, bench, export, once per run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..atomic import write_json
from ..canonical import sha256_file, strict_loads

RUNS = Path(".shipworthy/runs")


@dataclass(frozen=True)
class Staged:
    """What the pipeline left: the subject, artifacts by kind, and figures that inform and judge nothing."""

    subject: Path
    artifacts: Mapping[str, Path]
    information: Mapping[str, Any]
    release: str | None


def run_stages(recipe: Path, device: str | None, workdir: Path) -> Staged:
    """Run the recipe's pipeline, or read what another worker of this pytest run has left.

    Raises ShipworthyError as the stages do.
    """
    done = workdir / "stages.json"
    with FileLock(workdir / "stages.lock"):
        if not done.exists():
            write_json(done, _run(recipe, device))
    found = strict_loads(done.read_bytes())
    return Staged(
        subject=Path(found["subject"]),
        artifacts={kind: Path(path) for kind, path in found["artifacts"].items()},
        information=found["information"],
        release=found["release"],
    )


def _run(recipe_path: Path, device: str | None) -> dict[str, Any]:
    from ..pipeline.recipe import load_recipe
    from ..pipeline.train import pretrain

    recipe = load_recipe(recipe_path, device=device)
    result = pretrain(recipe, RUNS, progress=True)
    bench = _bench(result.run_dir, result.checkpoint, recipe)
    exports = {dtype: _export(result.run_dir, result.checkpoint, dtype) for dtype in recipe.export}
    artifacts = {"run": str(result.run_dir)}
    if "f32" in exports:
        artifacts["gguf"] = str(exports["f32"])
    return {
        "subject": str(result.checkpoint),
        "artifacts": artifacts,
        "release": None,
        "information": {"run": result.run, "bench": bench},
    }


def _bench(run_dir: Path, checkpoint: Path, recipe: Any) -> dict[str, Any]:
    """The recipe's bench of this checkpoint; an earlier one of the same bytes and settings is read again."""
    from ..pipeline.bench import bench

    path = run_dir / "bench.json"
    settings = {"iterations": recipe.bench.iterations, "max_tokens": recipe.bench.max_tokens}
    digest = sha256_file(checkpoint)
    if path.exists():
        found: dict[str, Any] = strict_loads(path.read_bytes())
        if found["subject"]["sha256"] == digest and all(
            found[key] == value for key, value in settings.items()
        ):
            return found
    measured = bench(checkpoint, device=recipe.device, **settings)
    write_json(path, measured)
    return measured


def _export(run_dir: Path, checkpoint: Path, dtype: str) -> Path:
    """The export of this checkpoint; one that is there is used again if its record names these bytes."""
    from ..pipeline.export import export_gguf

    path = run_dir / f"{checkpoint.stem}-{dtype}.gguf"
    record_path = path.with_suffix(".json")
    source = sha256_file(checkpoint)
    if path.exists() and record_path.exists():
        record = strict_loads(record_path.read_bytes())
        if record == {"source": source, "dtype": dtype, "sha256": sha256_file(path)}:
            return path
    export_gguf(checkpoint, path, dtype)
    write_json(record_path, {"source": source, "dtype": dtype, "sha256": sha256_file(path)})
    return path
