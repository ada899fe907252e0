"""Verbs that look at checkpoint files, compare them and write them anew."""

from __future__ import annotations

import typer

from .application import AsJson, File, app, print_json
from .progress import progress_bar


@app.command()
def inspect(file: File, as_json: AsJson = False) -> None:
    """Say what a checkpoint holds, without reading its weights. Example: shipworthy inspect model.apr"""
    from ..checkpoint import open_checkpoint
    from ..checkpoint.summary import summarize

    with open_checkpoint(file) as checkpoint:
        found = summarize(checkpoint)
    if as_json:
        print_json(found)
        return
    from ..report.inspection import inspection_lines

    typer.echo("\n".join(inspection_lines(found)))


@app.command()
def validate(file: File, as_json: AsJson = False) -> None:
    """Read a whole checkpoint and report what is wrong with its content: metadata, tensors, every value.

    A file that does not open or verify is refused (4); a readable one with findings is 1, without any 0.
    Example: shipworthy validate model.apr
    """
    from ..checkpoint import open_checkpoint
    from ..checkpoint.validate import validate as check

    with open_checkpoint(file) as checkpoint, progress_bar("values read") as progress:
        report = check(checkpoint, progress)
    if as_json:
        print_json(report.to_json())
    else:
        from ..report.validation import validation_lines

        typer.echo("\n".join(validation_lines(report)))
    if not report.ok:
        raise typer.Exit(1)
