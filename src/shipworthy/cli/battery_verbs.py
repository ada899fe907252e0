"""The verb that runs the qa battery."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from .application import AsJson, File, app, print_json, say_where_from

if TYPE_CHECKING:
    from ..gate.qa import Row


@app.command()
def qa(
    file: File,
    battery: Annotated[
        str, typer.Option(metavar="ID", help="The battery: a contract that measures and cites.")
    ] = "AC-SHIP2-006",
    artifact: Annotated[
        list[str] | None, typer.Option(metavar="KIND=PATH", help="Attach what a gate needs.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run every gate of the qa battery by name, once each. Example: shipworthy qa model.apr

    A look, and no evidence: `dispatch` runs the same gates and leaves a bundle. What is absent is
    UNMEASURABLE and passes nothing. Exit codes: 0 all pass, 1 one does not, 3 only inconclusive ones do not.
    """
    from ..gate.qa import run_battery
    from ..gate.trial import parse_artifacts
    from ..report.battery import print_battery

    say_where_from("contracts")

    def say(row: Row, number: int, count: int) -> None:
        typer.echo(f"{number}/{count} {row.name}: {row.found}, {row.seconds:.1f} s", err=True)

    quiet = as_json and not sys.stderr.isatty()
    rows = run_battery(
        file, battery, artifacts=parse_artifacts(artifact or ()), progress=None if quiet else say
    )
    if as_json:
        passed = sum(row.passed for row in rows)
        print_json(
            {"battery": battery, "gates": [r.to_json() for r in rows], "passed": passed, "of": len(rows)}
        )
    else:
        print_battery(battery, rows)
    if left := [row for row in rows if not row.passed]:
        raise typer.Exit(3 if all(set(row.reasons) == {"inconclusive"} for row in left) else 1)
