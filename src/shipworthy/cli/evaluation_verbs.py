"""Verbs that measure what a checkpoint writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .application import AsJson, Device, File, app, print_json
from .pipeline_verbs import Threads, WhichEngine

if TYPE_CHECKING:
    from ..pipeline.evaluation import Attempt


@app.command(name="eval")
def evaluate(
    file: File,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where completions and summary go.")
    ] = Path(".shipworthy/eval"),
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ID", help="Only this problem; may be repeated.")
    ] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="The most tokens of a completion.")] = 512,
    device: Device = "cpu",
    dtype: Annotated[str, typer.Option(help="f32, f16 or bf16.")] = "f32",
    engine: WhichEngine = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """HumanEval pass@1, greedy, generated code in isolation. Example: shipworthy eval model.apr -o eval

    What DIR holds of the same checkpoint and settings is not done again.
    """
    from ..pipeline.evaluation import evaluate as measure

    def say(done: int, total: int, attempt: Attempt) -> None:
        typer.echo(f"{done}/{total} {attempt.task_id} {attempt.ended}, {attempt.tokens} tokens", err=True)

    found = measure(
        file,
        out,
        only=only or (),
        max_tokens=max_tokens,
        device=device,
        dtype=dtype,
        engine=engine,
        threads=threads,
        progress=None if as_json and not sys.stderr.isatty() else say,
    )
    if as_json:
        print_json(found)
        return
    interval = found["interval"]
    typer.echo(
        f"pass@1 {found['pass_at_1']:.1%} ({found['passed']} of {found['problems']} problems), "
        f"{interval['level']:.0%} interval {interval['low']:.1%} to {interval['high']:.1%}; "
        f"{found['engine']}, {found['dtype']}"
    )
    if not found["whole"]:
        typer.echo("not the whole of HumanEval: no figure to compare")
