"""Verbs that keep what a bundle measured, for later measurements to be held against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import AsJson, app, print_json

baseline_app = typer.Typer(
    no_args_is_help=True, help="Keep what was measured. Example: shipworthy baseline set BUNDLE"
)
app.add_typer(baseline_app, name="baseline")


@baseline_app.command(name="set")
def set_baseline(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The directory of a bundle.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Default: baselines/RELEASE.json, to be committed."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over an older baseline.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record what the DISCHARGED criteria of a bundle measured.

    Example: shipworthy baseline set evidence/reference/NAME --out baselines/demo.json

    Exit codes: 0 written, 1 nothing in the bundle is DISCHARGED, 2 a baseline is there already, 4 the bundle
    does not verify.
    """
    from ..errors import UsageError, display_path
    from ..evidence.baseline import baseline_of, write_baseline

    found = baseline_of(bundle)
    target = out or Path("baselines") / f"{found.release}.json"
    if target.is_file() and not replace:
        message = "is a baseline already, which a new one would move"
        raise UsageError("baseline-exists", message, where=display_path(target), fix="name --replace")
    write_baseline(found, target)
    if as_json:
        print_json(found.to_json())
        return
    for line in found.left_out:
        typer.echo(f"left out: {line}", err=True)
    typer.echo(f"wrote {display_path(target)}: {len(found.records)} measurements of {found.bundle}")


@baseline_app.command()
def show(
    place: Annotated[
        Path, typer.Argument(metavar="FILE", help="A baseline, or a bundle, which shows what it would give.")
    ],
    as_json: AsJson = False,
) -> None:
    """Check a baseline and say what it holds. Example: shipworthy baseline show baselines/demo.json"""
    from ..evidence.baseline import baseline_of, read_baseline
    from ..report.baseline_lines import baseline_lines

    found = baseline_of(place) if place.is_dir() else read_baseline(place)
    if as_json:
        print_json(found.to_json())
        return
    for line in baseline_lines(found):
        typer.echo(line)
