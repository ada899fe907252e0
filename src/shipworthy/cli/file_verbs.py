"""Verbs that look at checkpoint files, compare them and write them anew."""

from __future__ import annotations

import typer

from .application import AsJson, File, app, print_json


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
