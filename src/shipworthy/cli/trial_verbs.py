"""Verbs that compile contracts, put checkpoints on trial and show the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import EVIDENCE, AsJson, Evidence, app, print_json, say_where_from


@app.command(name="compile")
def compile_command(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a gate is stale.")
    ] = False,
) -> None:
    """Compile contracts/ into gates/. Example: shipworthy compile --check"""
    from ..compile_cache import remember, unchanged
    from ..errors import display_path
    from ..resources import find, refuse_to_write_in_the_installation

    if not check:
        refuse_to_write_in_the_installation("compile")
    say_where_from("contracts")
    contracts = find("contracts").path
    gates = contracts.parent / "gates"
    changed: list[Path] = []
    if check or not unchanged(contracts, [gates]):
        from ..contract.incremental import compile_directory

        changed = compile_directory(contracts, gates, check=check)
        if not check:
            remember(contracts, [gates])
    for path in changed:
        typer.echo(f"{'stale' if check else 'wrote'} {display_path(path)}")
    if not changed:
        typer.echo("gates/ is what contracts/ compile to")
    if check and changed:
        raise typer.Exit(1)


@app.command()
def dispatch(
    context: typer.Context,
    subject: Annotated[
        Path | None,
        typer.Argument(metavar="SUBJECT", help="The checkpoint on trial: .apr, .gguf or a directory."),
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="Train, checkpoint, bench and export first.")] = None,
    release: Annotated[str | None, typer.Option(metavar="NAME", help="The release it is tried for.")] = None,
    device: Annotated[str | None, typer.Option(help="Use this device instead of the recipe's.")] = None,
    artifact: Annotated[
        list[str] | None, typer.Option(metavar="KIND=PATH", help="Attach what a gate needs.")
    ] = None,
    allow_blocked: Annotated[
        list[str] | None, typer.Option(metavar="ID=REASON", help="Recorded, and ignored by sign-off.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Sign the evidence with it. Or: SHIPWORTHY_KEY_FILE=FILE."),
    ] = None,
    evidence: Evidence = EVIDENCE,
    as_json: AsJson = False,
) -> None:
    """Put a checkpoint on trial and write the evidence.

    Example: shipworthy dispatch model.apr --release smollm2-demo

    Exit codes: 0 all as asked, 1 something blocked, 2 usage or contract error, 3 blocked only by
    inconclusive, 4 the subject is unreadable or invalid, 70 a bug.
    """
    from ..errors import UsageError
    from ..evidence.ledger import read_ledger
    from ..gate.dispatch import Request, exit_code
    from ..gate.dispatch import dispatch as put_on_trial
    from ..report.ledger_lines import late_lines
    from ..report.ship import history, statuses
    from ..report.table import print_table, summary
    from ..resources import find_recipe

    if device is not None and recipe is None:
        raise UsageError(
            "device-without-recipe",
            "nothing is trained here, and each gate names its own device",
            where="--device",
            fix="leave it out, or give --recipe",
        )
    bundle = put_on_trial(
        Request(
            subject=subject,
            recipe=None if recipe is None else find_recipe(recipe),
            device=device,
            release=release,
            artifacts=artifact or [],
            evidence=evidence,
            allow_blocked=allow_blocked or [],
            quiet=as_json,
            key=key or context.obj,
        )
    )
    say_where_from("contracts", "gates")
    earlier, problems = history(evidence, subject=bundle.predicate["subject"]["sha256"])
    found = statuses(bundle, earlier)
    for problem in problems:
        typer.echo(f"not counted: {problem}", err=True)
    for line in late_lines(read_ledger(evidence), bundle.path.name):
        typer.echo(line, err=True)
    if as_json:
        print_json(summary(bundle, found))
    else:
        from ..errors import display_path
        from ..report.terminal import console

        print_table(bundle, found, console())
        typer.echo(f"evidence: {display_path(bundle.path)}")
    raise typer.Exit(exit_code(bundle))


@app.command()
def show(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The directory of a bundle.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Derive a bundle again and print its table. Example: shipworthy show evidence/reference/NAME --markdown

    A bundle that states what its samples do not give is not shown: `verify` says what is wrong with it.
    """
    from ..evidence.verify.run import derived
    from ..report.ship import history, statuses
    from ..report.table import print_table, summary

    read = derived(bundle)
    if read.refused:
        if as_json:
            print_json({"refused": read.predicate["refused"]})
        else:
            typer.echo(f"refused before any gate ran: {read.refused}")
        return
    earlier, problems = history(bundle.parent, until=read, subject=read.predicate["subject"]["sha256"])
    for problem in problems:
        typer.echo(f"not counted: {problem}", err=True)
    found = statuses(read, earlier)
    if as_json:
        print_json(summary(read, found))
    elif markdown:
        from ..report.markdown import markdown_table

        typer.echo(markdown_table(read, found))
    else:
        from ..report.terminal import console

        print_table(read, found, console())


@app.command()
def falsify(
    contracts: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only these contracts. Default: all.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a proof would change.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(metavar="SUBJECT", help="A real model instead of the fixtures, or `base`; no proofs."),
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="With --model: begin nothing after so long.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the matrix there too: JSON and Markdown.")
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Run every cell, also those known at the same digests.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Plant every defect, require red of its gate, write the proofs. Example: shipworthy falsify C-03"""
    from ..gate.falsify import falsify_contracts, falsify_model
    from ..gate.falsify.remembered import CACHE
    from ..report.matrix import print_matrix, row_line, write_matrix
    from ..resources import refuse_to_write_in_the_installation

    if minutes is not None and model is None:
        from ..errors import UsageError

        raise UsageError("minutes-without-model", "the fixtures take no budget", where="--minutes")
    if not check and model is None:
        refuse_to_write_in_the_installation("falsify")
    say_where_from("contracts")
    cache = None if no_cache else CACHE
    if model is None:
        report = falsify_contracts(contracts or None, write=not check, cache=cache)
    else:
        from ..pipeline.base_model import base_model_path

        report = falsify_model(
            base_model_path() if model == "base" else Path(model),
            contracts or None,
            cache=cache,
            seconds=None if minutes is None else 60 * minutes,
            progress=lambda *row: typer.echo(row_line(*row), err=True),
        )
    if out is not None:
        write_matrix(report, out)
    if as_json:
        print_json(report.to_json())
    else:
        print_matrix(report)
    if not report.all_killed or (check and report.changed):
        raise typer.Exit(1)


@app.command()
def doctor(
    release: Annotated[str, typer.Option(metavar="NAME", help="The release to look at.")] = "smollm2-demo",
    as_json: AsJson = False,
) -> None:
    """Say what can be measured on this machine, what will be BLOCKED, and why. Example: shipworthy doctor"""
    from ..gate.doctor import examine, machine
    from ..gate.trial import choose_release, load_contracts

    say_where_from("contracts")
    catalogue = load_contracts()
    chosen = choose_release(catalogue, release, None)
    found = examine(catalogue, chosen.id)
    if as_json:
        print_json({"machine": machine(), "criteria": [vars(entry) for entry in found]})
        return
    from ..report.terminal import print_doctor

    print_doctor(machine(), found, chosen)
