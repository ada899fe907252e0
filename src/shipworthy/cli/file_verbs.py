"""Verbs that look at checkpoint files, compare them and write them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .application import AsJson, File, app, print_json
from .progress import progress_bar


@app.command()
def inspect(
    file: File,
    quality: Annotated[
        bool, typer.Option("--quality", help="Score what is stated, every part shown; never a verdict.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what a checkpoint holds, without reading its weights. Example: shipworthy inspect model.apr

    --quality earns points, all or none for each part: identity 20 (name 4, licence 8, source 4, version 4),
    provenance 15 (data 4, its licence 3, producer 4, run 4), architecture 25 (known family 5, complete 14,
    plausible 6), agreement with the tensors 20 (dimensions 8, family 6, names and shapes 6), tokenizer 15
    (whole 6, buildable 4, fits 3, end of text 2), chat template 5. What is missing earns 0.
    """
    from ..checkpoint import open_checkpoint
    from ..checkpoint.summary import summarize

    with open_checkpoint(file) as checkpoint:
        found = {**summarize(checkpoint), "remembered_digest": checkpoint.known_digest()}
        if quality:
            from ..checkpoint.quality import quality as score

            scored = score(checkpoint)
    if as_json:
        print_json({**found, "quality": scored.to_json()} if quality else found)
        return
    from ..report.inspection import inspection_lines

    typer.echo("\n".join(inspection_lines(found)))
    if quality:
        from ..report.quality_lines import quality_lines

        typer.echo("\n".join(quality_lines(scored)))


@app.command()
def validate(file: File, as_json: AsJson = False) -> None:
    """Read a whole checkpoint and report what is wrong with its content: metadata, tensors, every value.

    A file that does not open or verify is refused (4); a readable one with findings is 1, without any 0.
    Example: shipworthy validate model.apr
    """
    from ..checkpoint import open_checkpoint
    from ..checkpoint.validate import validate as check

    with open_checkpoint(file) as checkpoint, progress_bar("values read") as progress:
        report = check(checkpoint, progress)
    if as_json:
        print_json(report.to_json())
    else:
        from ..report.validation import validation_lines

        typer.echo("\n".join(validation_lines(report)))
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def diff(
    a: Annotated[Path, typer.Argument(metavar="A", help="A checkpoint: .apr, .gguf or a directory.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another, of any format.")],
    everything: Annotated[
        bool, typer.Option("--all", help="List every tensor that differs, not only the worst 20.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two checkpoints: metadata, names, tokenizer, and all values of every tensor.

    Exit codes: 0 the same metadata, names, tokenizer and values (a dtype alone is no difference), 1
    different, 4 one of them is unreadable. A NaN equals nothing; its tensor is the same only in the same
    bytes. Fields that one format has to state and the other leaves out are a difference: a conversion of a
    GGUF that others wrote loses nothing and adds some. Example: shipworthy diff model.apr model.gguf
    """
    from ..checkpoint import open_checkpoint
    from ..checkpoint.differences import differences

    with open_checkpoint(a) as left, open_checkpoint(b) as right, progress_bar("compared") as progress:
        found = differences(left, right, progress)
    if as_json:
        print_json(found.to_json())
    else:
        from ..report.difference_lines import difference_lines

        typer.echo("\n".join(difference_lines(found, everything=everything)))
    if not found.identical:
        raise typer.Exit(1)


@app.command()
def stamp(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .apr; convert other formats first.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="The repaired copy to write.")],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="State a field; repeat for more.")
    ] = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", metavar="KEY", help="Take a field away; repeat for more.")
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(metavar="SOURCE", help="Embed the tokenizer of a checkpoint or directory."),
    ] = None,
    custom: Annotated[
        bool, typer.Option("--custom", help="Allow fields that the format does not know.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a copy of an .apr with its metadata repaired or a tokenizer embedded; never in place.

    Tensors are copied as they are stored. What is implausible or contradicts the tensors is refused. The
    copy records what was stamped, and the digest of the input, under shipworthy.stamp.
    Example: shipworthy stamp model.apr -o repaired.apr --set license=apache-2.0 --set num_layers=30
    """
    from ..checkpoint.stamp import stamp as write_copy

    report = write_copy(
        file, out, assignments=assignments or (), unset=unset or (), tokenizer=tokenizer, custom=custom
    )
    if as_json:
        print_json(report.to_json())
        return
    from ..report.stamp_lines import stamp_lines

    typer.echo("\n".join(stamp_lines(report)))


@app.command()
def convert(
    file: File,
    to: Annotated[str | None, typer.Option(help="apr, gguf or hf; else what OUT's suffix says.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help="The file or directory to write.")
    ] = None,
    dtype: Annotated[str, typer.Option(help="keep, f32, f16, bf16; q8_0 for gguf.")] = "keep",
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Write what can be kept, and list what is lost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a checkpoint in another format or dtype, losing nothing unless told to.

    Metadata and tokenizer go along; F32, F16 and BF16 stay as they are, block-quantized tensors become the
    F32 values that they stand for. What would round a value or drop anything is refused (exit code 2).
    Example: shipworthy convert model.gguf --to hf -o model
    """
    from ..pipeline.convert import convert as write_converted
    from ..pipeline.convert import target

    path, wanted = target(file, out, to)
    with progress_bar("written") as progress:
        report = write_converted(file, path, wanted, dtype, allow_loss=allow_loss, progress=progress)
    if as_json:
        print_json(report.to_json())
        return
    from ..report.conversion_lines import conversion_lines

    typer.echo("\n".join(conversion_lines(report)))
