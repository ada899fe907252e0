"""Planted defects of training runs: a run directory is copied and one of its records changed.

The digests that run.json keeps of its files follow the change: a log that was forged is forged whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...atomic import write_json
from ...canonical import sha256_file, strict_loads
from ...pipeline.run_record import RUN_FILE, STEPS_FILE
from .table import makes

_PLACEHOLDER = 1.0

Record = dict[str, Any]


def _copy(
    source: Path,
    target: Path,
    *,
    run: Callable[[Record], None] = lambda _: None,
    steps: Callable[[list[Record]], list[Record]] | None = None,
) -> None:
    """Copy a run directory, run.json and the lines of its log passed through the two functions."""
    shutil.copytree(source, target)
    record = strict_loads((source / RUN_FILE).read_bytes())
    if steps is not None:
        lines = [json.loads(line) for line in (source / STEPS_FILE).read_text().splitlines()]
        text = "".join(f"{json.dumps(line)}\n" for line in steps(lines))
        (target / STEPS_FILE).write_text(text)
        record["files"][STEPS_FILE] = sha256_file(target / STEPS_FILE)
    run(record)
    write_json(target / RUN_FILE, record)


def loss_not_finite(source: Path, target: Path) -> None:
    """From its middle on the log's loss is NaN, which Python's json writes without a word."""

    def broken(lines: list[Record]) -> list[Record]:
        return [
            {**line, "loss": float("nan")} if at >= len(lines) // 2 else line for at, line in enumerate(lines)
        ]

    _copy(source, target, steps=broken)


def loss_placeholder(source: Path, target: Path) -> None:
    """Training and validation loss of every epoch are 1.0."""

    def placeholder(run: Record) -> None:
        for epoch in run["epochs"]:
            epoch.update(training_loss=_PLACEHOLDER, validation_loss=_PLACEHOLDER)

    _copy(source, target, run=placeholder)


def loss_constant(source: Path, target: Path) -> None:
    """Every step logs the loss of the first one."""
    _copy(source, target, steps=lambda lines: [{**line, "loss": lines[0]["loss"]} for line in lines])


def steps_missing(source: Path, target: Path) -> None:
    """The log ends after half of the steps that run.json counts."""
    _copy(source, target, steps=lambda lines: lines[: len(lines) // 2])


def step_repeated(source: Path, target: Path) -> None:
    """One step stands in the log twice."""
    _copy(source, target, steps=lambda lines: [lines[0], *lines])


def schedule_ignored(source: Path, target: Path) -> None:
    """The learning rate is the same at every step."""
    _copy(source, target, steps=lambda lines: [{**line, "lr": lines[-1]["lr"]} for line in lines])


def checkpoint_of_another_run(source: Path, target: Path) -> None:
    """run.json names the digest of a checkpoint that is not the one beside it."""

    def other(run: Record) -> None:
        last = run["checkpoints"][-1]
        last["sha256"] = run["files"][last["file"]] = last["sha256"][::-1]

    _copy(source, target, run=other)


def seed_changed(source: Path, target: Path) -> None:
    """run.json states another seed than the one its identity was made of."""

    def reseeded(run: Record) -> None:
        run["recipe"]["train"]["seed"] += 1

    _copy(source, target, run=reseeded)


def device_fell_back(source: Path, target: Path) -> None:
    """The recipe asks for cuda; what trained is a cpu."""

    def asked_for_cuda(run: Record) -> None:
        run["recipe"]["device"] = "cuda"

    _copy(source, target, run=asked_for_cuda)


def run_unfinished(source: Path, target: Path) -> None:
    """run.json does not say that the run is complete."""
    _copy(source, target, run=lambda run: run.update(complete=False))


MADE = makes(
    "run",
    loss_not_finite,
    loss_placeholder,
    loss_constant,
    steps_missing,
    step_repeated,
    schedule_ignored,
    checkpoint_of_another_run,
    seed_changed,
    device_fell_back,
    run_unfinished,
)
