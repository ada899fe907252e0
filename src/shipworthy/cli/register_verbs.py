"""The verb that lists the register of criteria."""

from __future__ import annotations

from typing import Annotated

import typer

from .application import AsJson, app, print_json, say_where_from


@app.command()
def criteria(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/criteria.md.")] = False,
    as_json: AsJson = False,
) -> None:
    """List every criterion: state, falsifiers, statement. Example: shipworthy criteria --markdown"""
    from ..gate.trial import load_contracts
    from ..report.criteria import criteria_markdown, register

    if not markdown:
        say_where_from("contracts")
    catalogue = load_contracts()
    if as_json:
        print_json(register(catalogue))
    elif markdown:
        typer.echo(criteria_markdown(catalogue), nl=False)
    else:
        for row in register(catalogue):
            typer.echo(f"{row['criterion']:16} {row['state']:8} {row['title']}")
