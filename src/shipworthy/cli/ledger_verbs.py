"""Verbs that show, join and witness the ledger: which dispatches there ever were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import EVIDENCE, AsJson, Evidence, app, print_json

ledger_app = typer.Typer(
    invoke_without_command=True,
    help="Which dispatches there were. Example: shipworthy ledger --evidence .shipworthy/evidence",
)
app.add_typer(ledger_app, name="ledger")


@ledger_app.callback()
def ledger(context: typer.Context, evidence: Evidence = EVIDENCE, as_json: AsJson = False) -> None:
    """List every dispatch that the ledger records, and what does not agree with it.

    Example: shipworthy ledger --evidence .shipworthy/evidence

    Exit codes: 0 the chain is whole and each bundle is there as it was recorded, 1 something does not agree,
    4 there is no ledger, or it was altered.
    """
    if context.invoked_subcommand is not None:
        return
    from ..evidence.ledger import examine
    from ..report.ledger_lines import ledger_json, ledger_lines

    found, problems = examine(evidence)
    if as_json:
        print_json(ledger_json(found, problems))
    else:
        for line in ledger_lines(found, problems):
            typer.echo(line)
    raise typer.Exit(1 if problems else 0)


@ledger_app.command()
def head(evidence: Evidence = EVIDENCE) -> None:
    """Print the number and digest of the last line, for a witness to keep.

    Example: shipworthy ledger head > head.json
    """
    from ..evidence.ledger import head_document, read_ledger

    typer.echo(head_document(read_ledger(evidence)).decode(), nl=False)


@ledger_app.command()
def merge(
    one: Annotated[Path, typer.Argument(metavar="A", help="A directory of evidence, or a ledger.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The ledger of both.")],
) -> None:
    """Join the ledgers of two machines; where they had gone apart stays visible. Bundles are yours to copy.

    Example: shipworthy ledger merge here/evidence there/evidence -o both/ledger.jsonl
    """
    from ..atomic import write_bytes
    from ..errors import UsageError, display_path
    from ..evidence.ledger import merge as merge_ledgers
    from ..evidence.ledger import read_ledger

    if out.exists():
        message = "is there already, and a ledger is never written over"
        raise UsageError("ledger-exists", message, where=display_path(out), fix="name a new file")
    merged = merge_ledgers(read_ledger(one), read_ledger(other))
    write_bytes(out, merged.data())
    typer.echo(f"wrote {display_path(out)}: {len(merged.entries)} dispatches, {len(merged.joins)} joins")


@ledger_app.command()
def witness(
    git: Annotated[Path, typer.Option("--git", metavar="DIR", help="The git work tree to commit it to.")],
    evidence: Evidence = EVIDENCE,
) -> None:
    """Commit the head to a git work tree, which makes a removed tail or a rebuilt chain visible.

    Example: shipworthy ledger witness --git ../our-releases
    """
    from ..errors import display_path
    from ..evidence.ledger import commit_head, read_ledger

    found = read_ledger(evidence)
    commit = commit_head(found, git)
    said = f"committed to {display_path(git)} as {commit[:12]}" if commit else "is there already"
    typer.echo(f"line {found.number}, {found.head[:12]}: {said}")


@ledger_app.command()
def check(
    witnesses: Annotated[
        list[Path], typer.Argument(metavar="WITNESS...", help="A file of `ledger head`, or a git work tree.")
    ],
    evidence: Evidence = EVIDENCE,
) -> None:
    """Hold the ledger against heads that it had. Example: shipworthy ledger check head.json

    Exit codes: 0 it goes on from each of them, 1 it does not, or one has no head, 4 it was altered.
    """
    from ..errors import display_path
    from ..evidence.ledger import not_held, read_ledger, read_witnesses

    found = read_ledger(evidence)
    read = {place: read_witnesses(place) for place in witnesses}
    empty = [place for place, seen in read.items() if not any(one.number for one in seen)]
    heads = [one for seen in read.values() for one in seen]
    bad = not_held(found, heads)
    for place in empty:
        typer.echo(f"no head of a ledger: {display_path(place)}")
    for one in bad:
        typer.echo(f"not in this ledger: line {one.number}, {one.head[:12]} ({one.place})")
    if bad:
        typer.echo("its tail was removed, or the chain was built again")
    else:
        typer.echo(f"{len(heads)} witnessed heads are in this ledger of {found.number} lines")
    raise typer.Exit(1 if bad or empty else 0)
