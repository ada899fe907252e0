"""The pipeline as pytest runs it before the gates: train, checkpoint, bench, export, once per run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ..atomic import write_json
from ..canonical import sha256_file, sha256_json, strict_loads
from ..contract import Catalogue
from ..errors import ContractError, FileError, ShipworthyError, UsageError
from ..own_sources import sources_sha256
from ..resources import find_recipe
from .trial import load_contracts

if TYPE_CHECKING:
    from ..pipeline.recipe import Recipe

RUNS = Path(".shipworthy/runs")
STAGES = "stages.json"
_KINDS = {kind.__name__: kind for kind in (UsageError, ContractError)}
_SHAPES_THE_BENCH = ("architecture", "checkpoint", "model", "pipeline")


@dataclass(frozen=True)
class Staged:
    """What the pipeline left: the subject, artifacts by kind, and figures that inform and judge nothing."""

    subject: Path
    artifacts: Mapping[str, Path]
    information: Mapping[str, Any]
    release: str | None


def run_stages(recipe: Path, device: str | None, workdir: Path) -> Staged:
    """Run the recipe's pipeline, or read what another worker of this pytest run has left.

    Raises ShipworthyError as the stages do, and the same again for every later caller: what failed once,
    or was interrupted, does not start anew for the next gate.
    """
    done = workdir / STAGES
    with FileLock(workdir / "stages.lock"):
        if not done.exists():
            try:
                write_json(done, _run(recipe, device))
            except (Exception, KeyboardInterrupt) as error:
                write_json(done, {"error": _noted(error)})
                raise
    found = strict_loads(done.read_bytes())
    if "error" in found:
        raise _again(found["error"])
    return Staged(
        subject=Path(found["subject"]),
        artifacts={kind: Path(path) for kind, path in found["artifacts"].items()},
        information=found["information"],
        release=found["release"],
    )


def _noted(error: BaseException) -> dict[str, Any]:
    """What ended the stages, as JSON; of anything but our own errors the type and text."""
    if isinstance(error, ShipworthyError):
        return {
            "kind": next((name for name, kind in _KINDS.items() if isinstance(error, kind)), None),
            "code": error.code,
            "message": error.message,
            "where": error.where,
            "fix": error.fix,
            "exit_code": error.exit_code,
            "path": str(error.path) if isinstance(error, FileError) else None,
            "offset": error.offset if isinstance(error, FileError) else None,
        }
    note = {"kind": None, "where": "", "fix": "", "path": None, "offset": None}
    if isinstance(error, KeyboardInterrupt):
        return note | {"code": "interrupted", "message": "the pipeline was interrupted", "exit_code": 130}
    return note | {"code": "bug", "message": f"{type(error).__name__}: {error}", "exit_code": 70}


def _again(note: Mapping[str, Any]) -> ShipworthyError:
    """The error that was noted."""
    error: ShipworthyError
    if note["path"] is not None:
        path, offset = Path(note["path"]), note["offset"]
        error = FileError(note["code"], note["message"], path=path, offset=offset, fix=note["fix"])
    else:
        kind = _KINDS.get(note["kind"], ShipworthyError)
        error = kind(note["code"], note["message"], where=note["where"], fix=note["fix"])
    error.exit_code = note["exit_code"]
    return error


def _run(recipe_path: Path, device: str | None) -> dict[str, Any]:
    from ..pipeline.recipe import load_recipe
    from ..pipeline.train import pretrain

    recipe = load_recipe(find_recipe(recipe_path), device=device)
    check_model(recipe, load_contracts())
    result = pretrain(recipe, RUNS, progress=True)
    bench = _bench(result.run_dir, result.checkpoint, recipe)
    exports = _exports(result.run_dir, result.checkpoint, recipe.export)
    named = {"gguf" if dtype == "f32" else f"gguf:{dtype}": str(path) for dtype, path in exports.items()}
    artifacts = {"run": str(result.run_dir), **named}
    return {
        "subject": str(result.checkpoint),
        "artifacts": artifacts,
        "release": None,
        "information": {"run": result.run, "bench": bench},
    }


def check_model(recipe: Recipe, catalogue: Catalogue) -> None:
    """Raises UsageError `unknown-model` where what a recipe is to meet is no registration."""
    if recipe.model not in catalogue.registrations:
        raise UsageError(
            "unknown-model",
            f"contracts/models/ has no registration {recipe.model!r}",
            where=f"model of the recipe {recipe.name}",
            fix=f"name one of {', '.join(sorted(catalogue.registrations))}",
        )


def _bench(run_dir: Path, checkpoint: Path, recipe: Recipe) -> dict[str, Any]:
    """The recipe's bench of this checkpoint; one of the same bytes, settings and code is reused."""
    from ..pipeline.bench import bench
    from ..pipeline.device import describe_device, resolve_device
    from ..pipeline.run_record import libraries

    path = run_dir / "bench.json"
    settings: dict[str, Any] = {
        "iterations": recipe.bench.iterations,
        "max_tokens": recipe.bench.max_tokens,
        "device": recipe.device,
        "dtype": "f32",
    }
    key = sha256_json(
        {
            "subject": sha256_file(checkpoint),
            "settings": settings,
            "device": describe_device(resolve_device(recipe.device)),
            "sources": sources_sha256(_SHAPES_THE_BENCH),
            "libraries": libraries(),
        }
    )
    found = _bench_with(key, path)
    if found is None:
        found = {**bench(checkpoint, **settings), "key": key}
        write_json(path, found)
    return found


def _bench_with(key: str, path: Path) -> dict[str, Any] | None:
    """The bench that is there, where it is whole and has this key."""
    try:
        found: dict[str, Any] = strict_loads(path.read_bytes())
        return found if found["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _exports(run_dir: Path, checkpoint: Path, dtypes: Sequence[str]) -> dict[str, Path]:
    """The exports of this checkpoint, made anew: what is on trial is the exporter that is here now."""
    from ..pipeline.export import export_ggufs

    outs = {dtype: run_dir / f"{checkpoint.stem}-{dtype}.gguf" for dtype in dtypes}
    if outs:
        export_ggufs(checkpoint, outs)
    return outs
