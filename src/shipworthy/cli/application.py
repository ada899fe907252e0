"""The typer application, and the options and output that several verbs share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import __version__
from ..key_file import take_key_file

app = typer.Typer(
    name="shipworthy",
    help="Decides whether a trained language-model checkpoint may ship: contracts, gates, evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A checkpoint: .apr, .gguf or a directory.")]
Device = Annotated[str, typer.Option(help="cpu, cuda or cuda:N. An absent device is an error.")]
Evidence = Annotated[Path, typer.Option("--evidence", metavar="DIR", help="Where bundles are kept.")]

EVIDENCE = Path(".shipworthy/evidence")


def print_json(value: Any) -> None:
    """One JSON document on standard output; where a file's name is not UTF-8, in ASCII with escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, allow_nan=False)
    typer.echo(text)


def say_where_from(*names: str) -> None:
    """One line on standard error for each of our directories that is used instead of the installed one."""
    from ..resources import instead_of_the_installed

    for name in names:
        if instead_of_the_installed(name) is not None:
            typer.echo(f"shipworthy: using ./{name} instead of the installed one", err=True)


def refuse_absent_evidence(directories: Iterable[Path]) -> None:
    """A directory that was named and is not there holds no red result, and looks as though all were green."""
    from ..errors import UsageError, display_path

    for directory in directories:
        if directory != EVIDENCE and not directory.is_dir():
            raise UsageError(
                "no-such-evidence",
                "is no directory of evidence",
                where=f"--evidence {display_path(directory)}",
                fix="name where bundles are kept, or leave it out",
            )


def version(value: bool) -> None:
    """Print the version and stop."""
    if value:
        typer.echo(f"shipworthy {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    _version: Annotated[bool, typer.Option("--version", callback=version, is_eager=True)] = False,
) -> None:
    """Decides whether a trained language-model checkpoint may ship: contracts, gates, evidence.

    Start with `shipworthy doctor`, then `shipworthy dispatch --recipe recipes/smollm2-cpu.yaml`.
    """
    # Before any verb starts a child; the verbs that sign find it in the context.
    context.obj = take_key_file()
