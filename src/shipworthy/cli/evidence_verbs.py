"""Verbs for who signs evidence and for who was not there: keys, and what a bundle proves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import app


@app.command()
def keygen(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The private key; the public one is OUT.pub.")],
) -> None:
    """Make a key pair (ed25519) to sign evidence with. Example: shipworthy keygen release.key

    Exit codes: 0 written, 2 a file is there already, 4 nothing can be written there.
    """
    from ..errors import display_path
    from ..evidence.keys import generate_key

    keyid = generate_key(out)
    typer.echo(f"wrote {display_path(out)} (keep it secret) and {display_path(out)}.pub: key {keyid}")
