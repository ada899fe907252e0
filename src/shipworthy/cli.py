"""The command line. Every verb reads its inputs, calls one function, and prints what came of it."""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from . import __version__
from .errors import ShipworthyError, visible

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
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def say_where_from(*names: str) -> None:
    """One line on standard error for each of our directories that is used instead of the installed one."""
    from .resources import instead_of_the_installed

    for name in names:
        if instead_of_the_installed(name) is not None:
            typer.echo(f"shipworthy: using ./{name} instead of the installed one", err=True)


def version(value: bool) -> None:
    """Print the version and stop."""
    if value:
        typer.echo(f"shipworthy {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[bool, typer.Option("--version", callback=version, is_eager=True)] = False,
) -> None:
    """Decides whether a trained language-model checkpoint may ship: contracts, gates, evidence.

    Start with `shipworthy doctor`, then `shipworthy dispatch --recipe recipes/smollm2-cpu.yaml`.
    """


@app.command()
def fetch() -> None:
    """Fetch the default base model into the cache. Example: shipworthy fetch"""
    from .errors import display_path
    from .pipeline.base_model import base_model_path

    typer.echo(display_path(base_model_path()))


@app.command()
def pretrain(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A recipe, such as recipes/smollm2-cpu.yaml.")
    ],
    device: Annotated[str | None, typer.Option(help="Use this device instead of the recipe's.")] = None,
    runs: Annotated[Path, typer.Option(metavar="DIR", help="Where run directories are kept.")] = Path(
        ".shipworthy/runs"
    ),
    as_json: AsJson = False,
) -> None:
    """Train by a recipe and write checkpoints. Example: shipworthy pretrain recipes/smollm2-cpu.yaml"""
    from .errors import display_path
    from .pipeline.recipe import load_recipe
    from .pipeline.train import pretrain as train
    from .resources import find_recipe

    result = train(load_recipe(find_recipe(recipe), device=device), runs, progress=not as_json)
    if as_json:
        print_json(result.run)
        return
    typer.echo(f"{'reused' if result.reused else 'wrote'} {display_path(result.checkpoint)}")


@app.command()
def inspect(file: File, as_json: AsJson = False) -> None:
    """Say what a checkpoint holds, without reading its weights. Example: shipworthy inspect model.apr"""
    from .checkpoint import open_checkpoint
    from .checkpoint.summary import summarize

    with open_checkpoint(file) as checkpoint:
        found = summarize(checkpoint)
    if as_json:
        print_json(found)
        return
    from .report.inspection import inspection_lines

    typer.echo("\n".join(inspection_lines(found)))


@app.command()
def run(
    file: File,
    prompt: Annotated[str, typer.Argument(help="The text to continue.")],
    max_tokens: Annotated[int, typer.Option(min=1, help="The most tokens to generate.")] = 64,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 takes the likeliest token.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the sampling.")] = 0,
    device: Device = "cpu",
) -> None:
    """Continue a prompt with the checkpoint's own decoder. Example: shipworthy run model.apr 'def fib(n):'"""
    from .checkpoint import open_checkpoint
    from .errors import FileError
    from .pipeline.device import choose_dtype, resolve_device
    from .pipeline.generate import Sampling, generate

    sampling = Sampling(temperature=temperature, seed=seed)
    where = resolve_device(device)
    with open_checkpoint(file) as checkpoint:
        checkpoint.verify()
        spec = checkpoint.tokenizer()
        if spec is None:
            raise FileError("no-tokenizer", "embeds no tokenizer to read the prompt with", path=file)
        from .model import load_decoder

        decoder = load_decoder(checkpoint, device=where, dtype=choose_dtype("f32", where).torch_dtype)
    for piece in generate(decoder, spec, prompt, max_tokens, sampling=sampling):
        sys.stdout.write(piece)
        sys.stdout.flush()
    typer.echo()


@app.command()
def bench(
    file: File,
    iterations: Annotated[int, typer.Option(min=1, help="Timed iterations, after a warm-up.")] = 5,
    max_tokens: Annotated[int, typer.Option(min=1, help="Tokens decoded in each iteration.")] = 128,
    device: Device = "cpu",
    dtype: Annotated[str, typer.Option(help="f32, f16 or bf16.")] = "f32",
    as_json: AsJson = False,
) -> None:
    """Measure decoding at batch 1. Example: shipworthy bench model.apr --iterations 5 --max-tokens 128"""
    from .pipeline.bench import bench as measure

    found = measure(file, iterations=iterations, max_tokens=max_tokens, device=device, dtype=dtype)
    if as_json:
        print_json(found)
        return
    from .report.terminal import print_bench

    print_bench(found)


@app.command()
def export(
    file: File,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="The file to write.")],
    output_format: Annotated[str, typer.Option("--format", help="gguf.")] = "gguf",
    dtype: Annotated[str, typer.Option(help="f32, f16, bf16 or q8_0.")] = "f32",
    as_json: AsJson = False,
) -> None:
    """Write the checkpoint as GGUF. Example: shipworthy export model.apr --dtype f16 -o model.gguf"""
    from .errors import UsageError, display_path
    from .pipeline.export import export_gguf

    if output_format != "gguf":
        raise UsageError("unknown-format", f"{output_format!r} cannot be written", fix="use --format gguf")
    report = export_gguf(file, out, dtype)
    if as_json:
        print_json(
            {
                "name": report.path.name,
                "sha256": report.sha256,
                "bytes": report.nbytes,
                "dtype": report.dtype,
                "tensors": report.counts(),
                "fallbacks": [vars(fallback) for fallback in report.fallbacks],
                "notes": list(report.notes),
            }
        )
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.counts().items())
    typer.echo(f"wrote {display_path(report.path)}: {kinds}; sha256 {report.sha256}")
    for line in (*report.fallbacks, *report.notes):
        typer.echo(f"  {line}")


@app.command(name="compile")
def compile_command(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a gate is stale.")
    ] = False,
) -> None:
    """Compile contracts/ into gates/. Example: shipworthy compile --check"""
    from .errors import display_path
    from .gate.dispatch import compile_gates

    say_where_from("contracts")
    changed = compile_gates(check=check)
    for path in changed:
        typer.echo(f"{'stale' if check else 'wrote'} {display_path(path)}")
    if not changed:
        typer.echo("gates/ is what contracts/ compile to")
    if check and changed:
        raise typer.Exit(1)


@app.command()
def dispatch(
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
    evidence: Evidence = EVIDENCE,
    as_json: AsJson = False,
) -> None:
    """Put a checkpoint on trial and write the evidence.

    Example: shipworthy dispatch model.apr --release smollm2-demo

    Exit codes: 0 all as asked, 1 something blocked, 2 usage or contract error, 3 blocked only by
    inconclusive, 4 the subject is unreadable or invalid, 70 a bug.
    """
    from .errors import UsageError
    from .gate.dispatch import Request, exit_code
    from .gate.dispatch import dispatch as put_on_trial
    from .report.ship import history, statuses
    from .report.table import print_table, summary
    from .resources import find_recipe

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
        )
    )
    say_where_from("contracts", "gates")
    earlier, problems = history(evidence)
    found = statuses(bundle, earlier)
    for problem in problems:
        typer.echo(f"not counted: {problem}", err=True)
    if as_json:
        print_json(summary(bundle, found))
    else:
        from .errors import display_path
        from .report.terminal import console

        print_table(bundle, found, console())
        typer.echo(f"evidence: {display_path(bundle.path)}")
    raise typer.Exit(exit_code(bundle))


@app.command()
def show(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The directory of a bundle.")],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the table of a bundle again. Example: shipworthy show evidence/reference/NAME --markdown"""
    from .evidence import read_bundle
    from .report.ship import history, statuses
    from .report.table import print_table, summary

    read = read_bundle(bundle)
    if read.refused:
        if as_json:
            print_json({"refused": read.predicate["refused"]})
        else:
            typer.echo(f"refused before any gate ran: {read.refused}")
        return
    found = statuses(read, history(bundle.parent, until=read)[0])
    if as_json:
        print_json(summary(read, found))
    elif markdown:
        from .report.markdown import markdown_table

        typer.echo(markdown_table(read, found))
    else:
        from .report.terminal import console

        print_table(read, found, console())


@app.command()
def falsify(
    contracts: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only these contracts. Default: all.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a proof would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Plant every defect, require red of its gate, write the proofs. Example: shipworthy falsify C-03"""
    from .gate.falsify import falsify_contracts
    from .report.matrix import print_matrix
    from .resources import refuse_to_write_in_the_installation

    if not check:
        refuse_to_write_in_the_installation("falsify")
    say_where_from("contracts")
    report = falsify_contracts(contracts or None, write=not check)
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
    from .gate.doctor import examine, machine
    from .gate.trial import choose_release, load_contracts

    say_where_from("contracts")
    catalogue = load_contracts()
    chosen = choose_release(catalogue, release, None)
    found = examine(catalogue, chosen.id)
    if as_json:
        print_json({"machine": machine(), "criteria": [vars(entry) for entry in found]})
        return
    from .report.terminal import print_doctor

    print_doctor(machine(), found, chosen)


def main() -> None:
    """Run the command line; expected errors are one line, anything else is a bug with its traceback."""
    try:
        app()
    except ShipworthyError as error:
        sys.stderr.write(f"shipworthy: {visible(str(error))}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("shipworthy: stopped\n")
        sys.exit(130)
    except Exception:
        traceback.print_exc()
        sys.stderr.write("shipworthy: this is a bug; please report it with the lines above\n")
        sys.exit(70)


if __name__ == "__main__":
    main()
