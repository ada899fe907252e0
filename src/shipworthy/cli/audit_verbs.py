"""The verb that reads receipts which others made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import AsJson, app, print_json, say_where_from


@app.command()
def audit(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A directory of receipts.")],
    release: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The release they are for. Default: the one whose criteria they claim."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read the receipts of a release attempt and say what they prove. Example: shipworthy audit receipts

    Every number is computed again, citations are followed, parameters are held against the criterion, and a
    criterion that is claimed and not proven is BLOCKED. It reads JSON of apr (bench, qa, inspect),
    llama-bench, lm-eval and shipworthy, summaries, JUnit XML, loss trajectories, load logs, SHA256SUMS and
    bundles, by shape, never by name. What it does not read it lists. docs/audit.md has every finding.

    Exit codes: 0 no finding, 1 findings, 2 usage, 4 nothing there that is read.
    """
    from ..contract import load_catalogue
    from ..errors import FileError, UsageError, display_path
    from ..evidence.audit import audit as read_receipts
    from ..resources import find

    if directory.exists() and not directory.is_dir():
        message = "is no directory"
        raise UsageError(
            "not-a-directory", message, where=display_path(directory), fix="name the one it lies in"
        )
    say_where_from("contracts")
    try:
        found = read_receipts(directory, load_catalogue(find("contracts").path), release=release)
    except OSError as error:
        raise FileError("no-such-file", f"cannot be read: {error.strerror}", path=directory) from error
    if as_json:
        print_json(found.to_json())
    else:
        from ..report.audit_lines import audit_lines

        typer.echo("\n".join(audit_lines(found)))
    if not found.receipts:
        message = f"holds no receipt that is read; {len(found.not_read)} files are listed as not read"
        raise FileError("nothing-readable", message, path=directory, fix="docs/audit.md says what is read")
    if found.findings:
        raise typer.Exit(1)
