"""`pretrain`: a recipe to a run directory with a self-contained `.apr` checkpoint for each epoch.

A run directory is named by the first 12 digits of the run's id and holds data-manifest.json, steps.jsonl
(one JSON object a step), epoch-NNN.apr, and run.json, which is written last: without it the run did not end.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from filelock import FileLock

from ..atomic import refusing_unwritable, write_json
from ..canonical import sha256_file
from ..checkpoint import Checkpoint, open_checkpoint
from ..errors import ShipworthyError
from . import run_record
from .batches import epoch_batches
from .device import describe_device, resolve_device
from .epoch_checkpoint import save_epoch
from .plan import Plan, make_plan
from .progress import Progress
from .recipe import Recipe
from .schedule import learning_rate
from .sources import resolve_initial_weights

if TYPE_CHECKING:
    import torch

    from ..model import Decoder


class TrainingError(ShipworthyError):
    """Training that went wrong by its own numbers: a loss or gradient that is not finite."""

    exit_code = 1


@dataclass(frozen=True)
class RunResult:
    """A finished run: the last epoch's checkpoint, what run.json says, and whether it was there already."""

    run_dir: Path
    checkpoint: Path
    run: dict[str, Any]
    reused: bool


def pretrain(recipe: Recipe, runs_dir: Path, *, progress: bool = True) -> RunResult:
    """Fine-tune the recipe's initial weights on its data; `progress` draws a bar on standard error.

    A finished run of the same id whose files still have their digests is returned as it is; an unfinished
    one is removed and starts over. Raises UsageError and FileError (`unwritable` among them), and
    TrainingError, keeping steps.jsonl, where a loss or gradient is not finite.
    """
    device = resolve_device(recipe.device)
    source = resolve_initial_weights(recipe.initial_weights)
    with open_checkpoint(source) as initial:
        plan = make_plan(recipe, device, initial)
        run_dir = runs_dir / plan.run_id[:12]
        with refusing_unwritable(run_dir):
            runs_dir.mkdir(parents=True, exist_ok=True)
            lock = FileLock(runs_dir / f".{plan.run_id[:12]}.lock").acquire()
        with lock, Progress(shown=progress) as bar:
            found = run_record.finished_run(run_dir, plan.run_id)
            if found is not None:
                bar.say(f"run {plan.run_id[:12]} is complete: reused")
                return RunResult(run_dir, run_dir / found["checkpoints"][-1]["file"], found, reused=True)
            with refusing_unwritable(run_dir):
                run_dir.mkdir(exist_ok=True)
                interrupted = run_record.clear(run_dir)
            if interrupted:
                bar.say(f"run {plan.run_id[:12]} was interrupted or altered: starting over")
            run = _run(plan, initial, run_dir, bar)
    return RunResult(run_dir, run_dir / run["checkpoints"][-1]["file"], run, reused=False)


def _run(plan: Plan, initial: Checkpoint, run_dir: Path, bar: Progress) -> dict[str, Any]:
    """Train, epoch by epoch; run.json as written."""
    from ..model import load_decoder, make_optimizer

    started = time.perf_counter()
    train = plan.recipe.train
    decoder = load_decoder(initial, device=plan.device)
    optimizer = make_optimizer(decoder, learning_rate=train.learning_rate, weight_decay=train.weight_decay)
    write_json(run_dir / run_record.MANIFEST_FILE, plan.corpus.manifest)
    bar.begin(steps=plan.steps)
    before = _validation_loss(plan, decoder)
    bar.say(f"validation loss before: {before:.4f}")
    epochs, checkpoints = [], []
    with (run_dir / run_record.STEPS_FILE).open("x") as log:
        for epoch in range(1, train.epochs + 1):
            losses = [line["loss"] for line in _epoch(plan, decoder, optimizer, epoch, log, bar)]
            after = _validation_loss(plan, decoder)
            bar.say(f"validation loss after epoch {epoch}: {after:.4f}")
            epochs.append(
                {"epoch": epoch, "training_loss": sum(losses) / len(losses), "validation_loss": after}
            )
            name = run_record.checkpoint_name(epoch)
            checkpoints.append(
                {"epoch": epoch, "file": name, "sha256": save_epoch(plan, decoder, run_dir / name)}
            )
    files = {item["file"]: item["sha256"] for item in checkpoints}
    for name in (run_record.STEPS_FILE, run_record.MANIFEST_FILE):
        files[name] = sha256_file(run_dir / name)
    run = {
        "run_id": plan.run_id,
        **plan.identity,
        "data_manifest": run_record.MANIFEST_FILE,
        "compute_dtype_reason": plan.compute.reason,
        "device": describe_device(plan.device),
        "parameters": decoder.config.param_count(),
        "steps": plan.steps,
        "tokens": plan.steps * train.batch_size * train.sequence_length,
        "seconds": round(time.perf_counter() - started, 3),
        "validation": {
            "windows": len(plan.validation) * train.batch_size,
            "tokens": len(plan.validation) * train.batch_size * train.sequence_length,
            "loss_before": before,
        },
        "epochs": epochs,
        "checkpoints": checkpoints,
        "files": files,
        "complete": True,
    }
    write_json(run_dir / run_record.RUN_FILE, run)
    return run


def _epoch(
    plan: Plan,
    decoder: Decoder,
    optimizer: torch.optim.Optimizer,
    epoch: int,
    log: TextIO,
    bar: Progress,
) -> Iterator[dict[str, Any]]:
    """Take one epoch's steps; each is a line in steps.jsonl before it is yielded."""
    import torch

    from ..model import training_step

    train = plan.recipe.train
    batches = epoch_batches(
        plan.shards.training,
        length=train.sequence_length,
        batch_size=train.batch_size,
        steps=plan.steps_per_epoch,
        seed=train.seed,
        epoch=epoch,
    )
    decoder.train()
    first = (epoch - 1) * plan.steps_per_epoch + 1
    for step, batch in enumerate(batches, start=first):
        started = time.perf_counter()
        rate = learning_rate(
            step,
            steps=plan.steps,
            warmup=train.warmup_steps,
            highest=train.learning_rate,
        )
        loss, norm = training_step(
            decoder,
            optimizer,
            torch.from_numpy(batch).to(plan.device),
            learning_rate=rate,
            gradient_clip=train.gradient_clip,
            compute=plan.compute.torch_dtype,
        )
        line = {
            "step": step,
            "epoch": epoch,
            "loss": _finite("loss", float(loss), step),
            "lr": rate,
            "grad_norm": _finite("gradient norm", float(norm), step),
            "tokens": train.batch_size * train.sequence_length,
            "seconds": round(time.perf_counter() - started, 6),
        }
        print(json.dumps(line, allow_nan=False), file=log, flush=True)
        bar.step(line)
        yield line


def _validation_loss(plan: Plan, decoder: Decoder) -> float:
    """Mean cross-entropy in nats a token over the fixed held-out batches."""
    import torch

    from ..model import validation_loss

    decoder.eval()
    losses = [
        float(validation_loss(decoder, torch.from_numpy(batch).to(plan.device), plan.compute.torch_dtype))
        for batch in plan.validation
    ]
    return _finite("validation loss", sum(losses) / len(losses), None)


def _finite(name: str, value: float, step: int | None) -> float:
    if not math.isfinite(value):
        where = "validation" if step is None else f"step {step}"
        raise TrainingError(
            "not-finite",
            f"the {name} is {value}",
            where=where,
            fix="lower train.learning_rate, or check the data",
        )
    return value
