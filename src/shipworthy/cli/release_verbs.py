"""Verbs for what leaves the house: publishing a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import AsJson, app, print_json, say_where_from


@app.command()
def publish(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="The release it is, such as model-2.")],
    subject: Annotated[Path, typer.Option("--subject", metavar="FILE", help="The checkpoint.")],
    to: Annotated[
        str, typer.Option("--to", metavar="DIR|URL", help="A new directory, or a URL that takes PUT.")
    ],
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the directory will be served from.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE=LICENCE", help="Data that the checkpoint does not state itself."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish a checkpoint: weights, tokenizer, config, model card, and a manifest of them all.

    Example: shipworthy publish model-2 --subject model.apr --to site --url https://example.org/model-2/

    Exit codes: 0 written, and where --to is a URL fetched back as it was sent, 1 what came back is not that,
    2 usage, or a licence or source of data that nobody states, 4 the checkpoint does not verify.
    """
    from ..errors import UsageError, display_path
    from ..gate.trial import choose_release, load_contracts
    from ..pipeline.publication import MANIFEST
    from ..pipeline.publication import publish as publish_release

    sources: dict[str, str] = {}
    for pair in data or []:
        source, separator, licence = pair.rpartition("=")
        if not (separator and source.strip() and licence.strip()):
            raise UsageError("bad-data", f"{pair!r} is not SOURCE=LICENCE", where="--data")
        sources[source] = licence
    say_where_from("contracts")
    catalogue = load_contracts()
    chosen = choose_release(catalogue, release, None)
    done = publish_release(
        subject,
        to,
        release=chosen,
        registration=catalogue.registrations[chosen.registration],
        url=url,
        data=sources,
    )
    if as_json:
        print_json(done.manifest)
        return
    place = done.place if "://" in done.place else display_path(Path(done.place))
    typer.echo(f"wrote {len(done.manifest['files'])} files and {MANIFEST} to {place}")
    if done.manifest["url"] is None:
        typer.echo("it names no URL, so nothing is published yet: AC-SHIP2-012 stays missing_artifact")
