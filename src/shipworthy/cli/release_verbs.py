"""Verbs for what leaves the house: publishing a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import visible
from .application import EVIDENCE, AsJson, Evidence, app, print_json, say_where_from


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


@app.command()
def signoff(
    context: typer.Context,
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="The release, such as model-2.")],
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hosts, freshness and waivers: YAML.")
    ] = None,
    subject: Annotated[
        str, typer.Option(metavar="FILE|SHA256", help="Which subject, where several were dispatched.")
    ] = "",
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sign with it. Or: SHIPWORTHY_KEY_FILE=FILE.")
    ] = None,
    signed_by: Annotated[
        Path | None, typer.Option(metavar="PUB", help="Every bundle must be signed by this public key.")
    ] = None,
    witness: Annotated[
        list[Path] | None,
        typer.Option(metavar="WITNESS", help="A head that the ledger must hold: a file, or a git work tree."),
    ] = None,
    evidence: Evidence = EVIDENCE,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where sign-offs of this release are kept.")
    ] = Path("signoffs"),
    as_json: AsJson = False,
) -> None:
    """Decide over all evidence of a release: a Verification Summary, PASSED or FAILED, and a page for people.

    Example: shipworthy signoff model-2 --policy policy.yaml --key release.key

    Exit codes: 0 PASSED, 1 FAILED, 2 usage, or a policy that is malformed or whose waiver has ended, 4 the
    ledger, an earlier sign-off or a key cannot be read.
    """
    from datetime import UTC, datetime

    from ..errors import display_path
    from ..evidence.keys import read_public_key, read_signer
    from ..gate.trial import choose_release, identify, load_contracts
    from ..report.signoff import Asked, sign_off

    say_where_from("contracts")
    catalogue = load_contracts()
    chosen = choose_release(catalogue, release, None)
    named: Path | None = key or context.obj
    done = sign_off(
        catalogue,
        chosen,
        Asked(
            evidence=evidence,
            out=out / chosen.id,
            now=datetime.now(UTC),
            subject=identify(Path(subject)).digest if subject and Path(subject).exists() else subject,
            policy=policy,
            bundles=None if signed_by is None else read_public_key(signed_by),
            signer=None if named is None else read_signer(named),
            witnesses=witness or [],
        ),
    )
    decision = done.decision
    if as_json:
        print_json(
            {
                "passed": decision.passed,
                "met": [c.id for c in decision.criteria if c.met],
                "blocked": {c.id: list(c.blocked_by) for c in decision.criteria if c.blocked_by},
                "waived": [c.id for c in decision.criteria if c.waiver],
                "obstacles": list(decision.obstacles),
                "unfinished": list(done.unfinished),
                "dispatches": [a.bundle for a in decision.attempts],
            }
        )
    else:
        for c in decision.criteria:
            if c.blocked_by:
                typer.echo(f"{c.id}: {', '.join(c.blocked_by)}")
        for obstacle in decision.obstacles:
            typer.echo(visible(obstacle))
        for name in done.unfinished:
            typer.echo(visible(f"{name} is a dispatch that was stopped, and left no bundle"))
        waived = sum(c.waiver is not None for c in decision.criteria)
        word = "PASSED" if decision.passed else "FAILED"
        typer.echo(f"{word}: {decision.ship_percent:g} of 100 met, {waived} criteria waived and not counted")
    for path in (done.summary, done.page):
        typer.echo(f"wrote {display_path(path)}", err=as_json)
    raise typer.Exit(0 if decision.passed else 1)
