"""Verbs that train, run, measure and export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .application import AsJson, Device, File, app, print_json

WhichEngine = Annotated[
    str | None, typer.Option("--engine", help="torch or llama.cpp; unless given, the faster on the device.")
]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads; unless given, every core.")]


@app.command()
def fetch() -> None:
    """Fetch the default base model into the cache. Example: shipworthy fetch"""
    from ..errors import display_path
    from ..pipeline.base_model import base_model_path

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
    from ..errors import display_path
    from ..pipeline.recipe import load_recipe
    from ..pipeline.train import pretrain as train
    from ..resources import find_recipe

    result = train(load_recipe(find_recipe(recipe), device=device), runs, progress=not as_json)
    if as_json:
        print_json(result.run)
        return
    typer.echo(f"{'reused' if result.reused else 'wrote'} {display_path(result.checkpoint)}")


@app.command()
def run(
    file: File,
    prompt: Annotated[str, typer.Argument(help="The text to continue.")],
    max_tokens: Annotated[int, typer.Option(min=1, help="The most tokens to generate.")] = 64,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 takes the likeliest token.")] = 0.0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest tokens that reach this.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Seed of the sampling.")] = 0,
    device: Device = "cpu",
    dtype: Annotated[str, typer.Option(help="f32, f16, bf16, or auto: what the device is best at.")] = "f32",
    engine: WhichEngine = None,
    threads: Threads = None,
) -> None:
    """Continue a prompt. Example: shipworthy run model.apr 'def fib(n):'"""
    from ..pipeline.engines import open_engine
    from ..pipeline.generate import generate
    from ..pipeline.sampling import Sampling

    sampling = Sampling(temperature=temperature, top_p=top_p, seed=seed)
    with open_engine(file, engine=engine, device=device, dtype=dtype, threads=threads) as opened:
        typer.echo(f"engine: {opened.engine.name}, {opened.dtype}, {opened.threads} threads", err=True)
        for piece in generate(opened.engine, opened.tokenizer, prompt, max_tokens, sampling=sampling):
            sys.stdout.write(piece)
            sys.stdout.flush()
    typer.echo()


@app.command()
def bench(
    file: File,
    iterations: Annotated[int, typer.Option(min=1, help="Timed iterations, after a warm-up.")] = 5,
    max_tokens: Annotated[int, typer.Option(min=1, help="Tokens decoded in each iteration.")] = 128,
    device: Device = "cpu",
    dtype: Annotated[str, typer.Option(help="f32, f16, bf16, or auto: what the device is best at.")] = "f32",
    engine: WhichEngine = None,
    threads: Threads = None,
    batch: Annotated[
        int, typer.Option(min=1, max=1024, help="Sequences decoded together; more than one takes torch.")
    ] = 1,
    sweep: Annotated[bool, typer.Option("--sweep", help="Once for 1, 2, 4 ... threads.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure decoding. Example: shipworthy bench model.apr --iterations 5 --max-tokens 128"""
    from ..pipeline.bench import bench as measure
    from ..pipeline.bench import thread_counts

    settings: dict[str, Any] = {
        "iterations": iterations,
        "max_tokens": max_tokens,
        "device": device,
        "dtype": dtype,
        "engine": engine,
        "batch": batch,
    }
    counts = thread_counts(threads) if sweep else [threads]
    benches = [measure(file, threads=count, **settings) for count in counts]
    if as_json:
        print_json(benches if sweep else benches[0])
        return
    from ..report.terminal import print_bench

    for found in benches:
        print_bench(found)


@app.command()
def export(
    file: File,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="OUT", help="The file; of several OUT-DTYPE before its suffix."),
    ],
    output_format: Annotated[str, typer.Option("--format", help="gguf.")] = "gguf",
    dtype: Annotated[
        list[str] | None,
        typer.Option(
            help="f32, f16, bf16, q8_0, q4_k_m, q5_k_m or q6_k; more with commas or again. Unless given, f32."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the checkpoint as GGUF, in several dtypes from one reading of its weights.

    Example: shipworthy export model.apr --dtype f16 -o model.gguf; with --dtype f16,q8_0 it writes
    model-f16.gguf and model-q8_0.gguf.
    """
    from ..errors import UsageError
    from ..pipeline.export import export_ggufs, outputs_of

    if output_format != "gguf":
        raise UsageError("unknown-format", f"{output_format!r} cannot be written", fix="use --format gguf")
    asked = [name.strip() for given in dtype or ["f32"] for name in given.split(",")]
    reports = list(export_ggufs(file, outputs_of(out, asked)).values())
    if as_json:
        found = [report.to_json() for report in reports]
        print_json(found if len(found) > 1 else found[0])
        return
    from ..report.export_lines import export_lines

    for report in reports:
        typer.echo("\n".join(export_lines(report)))
