"""Verbs for who signs evidence and for who was not there: keys, and what a bundle proves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import visible
from .application import AsJson, app, print_json, say_where_from


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


@app.command()
def verify(
    place: Annotated[
        Path,
        typer.Argument(metavar="BUNDLE|DIR", help="A bundle, or a directory of bundles."),
    ],
    key: Annotated[
        Path | None, typer.Option(metavar="PUB", help="Every bundle must be signed by this public key.")
    ] = None,
    subject: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Every bundle must be about this checkpoint.")
    ] = None,
    historical: Annotated[
        bool,
        typer.Option("--historical", help="Do not ask whether criteria are the installed ones."),
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Run the gates again on --subject, and compare the verdicts.")
    ] = False,
    artifact: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=PATH", help="With --replay: attach what a gate needs."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check evidence without trusting it: bytes, signatures, ledger, and every verdict derived again.

    Example: shipworthy verify evidence/reference/NAME --historical

    Exit codes: 0 the evidence is what it says it is, red verdicts included; 1 something in it does not
    follow; 2 a usage error; 4 it cannot be read, or was changed.
    """
    from ..errors import UsageError
    from ..evidence.keys import read_public_key
    from ..evidence.verify import stale_findings, verify_bundle, verify_directory
    from ..evidence.verify.directory import is_bundle
    from ..evidence.verify.subject import subject_findings
    from ..report.verification_lines import bundle_json, bundle_lines, directory_json, directory_lines
    from ..resources import find

    if replay and (subject is None or not is_bundle(place)):
        raise UsageError(
            "replay-of-what",
            "gates run again on one bundle's subject",
            where="--replay",
            fix="name a bundle, and --subject FILE",
        )
    if artifact and not replay:
        raise UsageError("bad-option", "is only for --replay", where="--artifact", fix="name both, or none")
    public = None if key is None else read_public_key(key)
    say_where_from("contracts")
    contracts = find("contracts").path
    directory = None if is_bundle(place) else verify_directory(place, public)
    bundles = (verify_bundle(place, public),) if directory is None else directory.bundles
    findings = {
        found.bundle.path: [
            *found.findings,
            *([] if historical else stale_findings(found, contracts)),
            *([] if subject is None else subject_findings(found, subject)),
        ]
        for found in bundles
    }
    if replay:
        from ..gate.replay import replay_findings

        assert subject is not None
        findings[bundles[0].bundle.path] += replay_findings(bundles[0], subject, artifact or [])
    documents = [bundle_json(found, findings[found.bundle.path]) for found in bundles]
    lines = [line for found in bundles for line in bundle_lines(found, findings[found.bundle.path])]
    if directory is None:
        whole = documents[0]
    else:
        whole = directory_json(directory, documents, directory.findings)
        lines += directory_lines(directory, directory.findings)
    if as_json:
        print_json(whole)
    else:
        for line in lines:
            typer.echo(visible(line))
    if directory is not None and directory.refused:
        raise typer.Exit(4)
    if any(findings.values()) or (directory is not None and directory.findings):
        raise typer.Exit(1)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The earlier bundle.")],
    after: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The later one.")],
    as_json: AsJson = False,
) -> None:
    """Say per criterion why a verdict changed between two bundles, by what both derive to.

    Example: shipworthy compare evidence/reference/NAME .shipworthy/evidence/NAME

    Exit codes: 0 every verdict is the same, 1 one changed or a bundle does not follow from its samples, 4 a
    bundle cannot be read, or was changed.
    """
    from ..evidence.comparison import common_causes, compare_bundles
    from ..evidence.verify import verify_bundle
    from ..report.comparison_lines import comparison_json, comparison_lines

    both = [verify_bundle(path) for path in (before, after)]
    changes, common = compare_bundles(*both), common_causes(*both)
    if as_json:
        findings = {side.bundle.path.name: [vars(finding) for finding in side.findings] for side in both}
        print_json({**comparison_json(common, changes), "findings": findings})
    else:
        for side in both:
            for finding in side.findings:
                typer.echo(visible(f"{side.bundle.path.name}: {finding}"), err=True)
        for line in comparison_lines(common, changes):
            typer.echo(visible(line))
    if any(change.changed for change in changes) or any(side.findings for side in both):
        raise typer.Exit(1)
    if both[0].bundle.refused != both[1].bundle.refused:
        raise typer.Exit(1)
