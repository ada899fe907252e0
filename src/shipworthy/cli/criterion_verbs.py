"""Verbs that draft a contract from a checkpoint, and say in plain words what a criterion is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import EVIDENCE, AsJson, app, print_json, refuse_absent_evidence, say_where_from

contract_app = typer.Typer(no_args_is_help=True, help="Write contracts. Example: shipworthy contract new")
app.add_typer(contract_app, name="contract")


@contract_app.command()
def new(
    subject: Annotated[
        Path, typer.Option("--from", metavar="SUBJECT", help="A checkpoint that is known to be good.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The contracts directory to write into.")
    ] = Path("contracts"),
    licence: Annotated[
        str | None, typer.Option(help="The licence to register, where the checkpoint states none.")
    ] = None,
) -> None:
    """Draft a contract and a registration from a good checkpoint.

    Example: shipworthy contract new --from model.apr --out contracts
    """
    from ..errors import display_path
    from ..gate.draft import write_draft

    for path in write_draft(subject, out, licence=licence):
        typer.echo(f"wrote {display_path(path)}")
    typer.echo("Next: shipworthy explain says what the draft still lacks.")


@app.command()
def explain(
    criterion: Annotated[
        str, typer.Argument(metavar="CRITERION", help="Its id, such as C-03, or that of a falsifier.")
    ],
    evidence: Annotated[
        Path, typer.Option("--evidence", metavar="DIR", help="Where bundles are kept.")
    ] = EVIDENCE,
    as_json: AsJson = False,
) -> None:
    """Say what a criterion demands, how it is measured, what turns it red, and where it stands.

    Example: shipworthy explain AC-SHIP2-009 --evidence evidence/reference
    """
    from ..contract import load_catalogue
    from ..report.explanation import explain as explain_criterion
    from ..report.explanation import explanation_lines
    from ..report.ship import history
    from ..resources import find

    refuse_absent_evidence([evidence])
    say_where_from("contracts")
    bundles, problems = history(evidence)
    for problem in problems:
        typer.echo(f"not counted: {problem}", err=True)
    found = explain_criterion(load_catalogue(find("contracts").path), criterion, bundles)
    if as_json:
        print_json(found.to_json())
    else:
        typer.echo("\n".join(explanation_lines(found)))
