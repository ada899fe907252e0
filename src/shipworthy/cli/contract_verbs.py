"""Verbs about contracts themselves: what is wrong with them, and what became looser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import EVIDENCE, AsJson, app, print_json, refuse_absent_evidence, say_where_from


@app.command()
def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Directories or files. Default: contracts/."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(metavar="REV", help="Compare with the contracts at a git revision.")
    ] = None,
    evidence: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="With --against: where red results are looked for."),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the catalogue of rules.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="With --rules: print docs/lint.md.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of contracts/.")] = False,
    as_json: AsJson = False,
) -> None:
    """Report every problem of every contract, and every bar that became looser.

    Example: shipworthy lint --against main

    Exit codes: 0 nothing found, 1 a bar became looser without leave, 2 a contract has a problem.
    """
    from ..contract.lint import RULES
    from ..contract.lint import lint as find_problems
    from ..contract.lint import markdown as rules_as_markdown
    from ..contract.schemas import schema_text
    from ..errors import ContractError, UsageError, display_path
    from ..resources import find

    if schema:
        typer.echo(schema_text(), nl=False)
        return
    if rules and markdown:
        typer.echo(rules_as_markdown(), nl=False)
        return
    if rules:
        if as_json:
            print_json([vars(rule) for rule in RULES.values()])
        for rule in () if as_json else RULES.values():
            typer.echo(f"{rule.code:26} {rule.title}")
        return
    if not paths:
        say_where_from("contracts")
    chosen = paths or [find("contracts").path]
    refuse_absent_evidence(evidence or ())
    for path in chosen if against is not None else ():
        if path.is_file():
            message = "is a file; what became looser is told of a whole directory"
            fix = "name the contracts directory"
            raise UsageError("against-a-file", message, where=display_path(path), fix=fix)
    report = find_problems(chosen)
    compared = []
    for path in chosen if against is not None else ():
        from ..report.ratchet import ratchet

        try:
            comparison, unread = ratchet(path, str(against), evidence or [Path("evidence"), EVIDENCE])
        except ContractError:
            typer.echo(f"not compared with {against}: mend what does not load first", err=True)
            continue
        compared.append(comparison)
        for line in unread:
            typer.echo(f"not counted: {line}", err=True)
    red = [finding for comparison in compared for finding in comparison.red]
    if as_json:
        print_json({**report.to_json(), "against": [comparison.to_json() for comparison in compared]})
    else:
        for finding in (*report.problems, *red):
            typer.echo(str(finding))
        for note in report.notes:
            typer.echo(f"note: {note}")
        for change in (change for comparison in compared for change in comparison.changes):
            typer.echo(str(change))
        typer.echo(
            f"{len(report.files)} files, {len(RULES)} rules, {len(report.problems) + len(red)} problems"
        )
    if report.problems:
        raise typer.Exit(2)
    if red:
        raise typer.Exit(1)
