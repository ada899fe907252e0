"""Verbs that measure what a checkpoint writes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .application import AsJson, Device, File, app, print_json, say_where_from
from .pipeline_verbs import Threads, WhichEngine

if TYPE_CHECKING:
    from ..pipeline.evaluation import PythonSyntax, Row, Suite

_PROMPTS = "python-prompts-100"


class WhichSuite(StrEnum):
    """The suites there are."""

    HUMAN_EVAL = "human-eval"
    PYTHON_SYNTAX = "python-syntax"


_MOST_TOKENS = {WhichSuite.HUMAN_EVAL: 512, WhichSuite.PYTHON_SYNTAX: 256}


@app.command(name="eval")
def evaluate(
    file: File,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Where completions and summary go; .shipworthy/eval/SUITE."
        ),
    ] = None,
    suite: Annotated[
        WhichSuite, typer.Option(help="HumanEval's problems, or Python validity on held-out prompts.")
    ] = WhichSuite.HUMAN_EVAL,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ID", help="Only this problem or prompt; may be repeated."),
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="The most tokens of a completion; 512, of validity 256.")
    ] = None,
    device: Device = "cpu",
    dtype: Annotated[str, typer.Option(help="f32, f16, bf16, or auto: what the device is best at.")] = "f32",
    engine: WhichEngine = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """HumanEval pass@1 or Python validity, greedy. Example: shipworthy eval model.apr -o eval

    Generated code is run in isolation, or parsed alone. What DIR holds of the same checkpoint and settings is
    not done again.
    """
    from ..pipeline.evaluation import HumanEval
    from ..pipeline.evaluation import evaluate as measure

    def say(done: int, total: int, row: Row) -> None:
        typer.echo(f"{done}/{total} {row.name} {row.said}, {row.tokens} tokens", err=True)

    asked: Suite[Any] = (
        HumanEval(only or ()) if suite is WhichSuite.HUMAN_EVAL else _python_syntax(only or ())
    )
    found = measure(
        file,
        out or Path(".shipworthy/eval") / suite,
        asked,
        max_tokens=max_tokens or _MOST_TOKENS[suite],
        device=device,
        dtype=dtype,
        engine=engine,
        threads=threads,
        progress=None if as_json and not sys.stderr.isatty() else say,
    )
    if as_json:
        print_json(found)
        return
    for line in summary_lines(found):
        typer.echo(line)


def _python_syntax(only: Sequence[str]) -> PythonSyntax:
    """The held-out prompts of contracts/data. Raises UsageError unknown-prompt."""
    from ..errors import UsageError
    from ..gate.canary import read_texts
    from ..pipeline.evaluation import Prompt, PythonSyntax
    from ..resources import find

    say_where_from("contracts")
    prompts = [Prompt(text.id, text.text) for text in read_texts(_prompts_file(find("contracts").path))]
    for name in only:
        if name not in {prompt.id for prompt in prompts}:
            fix = f"the first is {prompts[0].id}"
            raise UsageError("unknown-prompt", f"there is no prompt {name!r}", fix=fix)
    return PythonSyntax([prompt for prompt in prompts if not only or prompt.id in only])


def _prompts_file(contracts: Path) -> Path:
    from ..errors import FileError

    path = contracts / "data" / f"{_PROMPTS}.jsonl"
    if not path.is_file():
        raise FileError("no-prompts", "is not there", path=path, fix="copy it from the installed contracts")
    return path


def _human_eval_lines(found: Mapping[str, Any]) -> list[str]:
    interval = found["interval"]
    lines = [
        f"pass@1 {found['pass_at_1']:.1%} ({found['passed']} of {found['problems']} problems), "
        f"{interval['level']:.0%} interval {interval['low']:.1%} to {interval['high']:.1%}; "
        f"{found['engine']}, {found['dtype']}"
    ]
    return lines if found["whole"] else [*lines, "not the whole of HumanEval: no figure to compare"]


def _python_syntax_lines(found: Mapping[str, Any]) -> list[str]:
    interval, wrong = found["interval"], found["syntax_errors"]
    lines = [
        f"valid Python {found['valid']:.1%} ({found['prompts'] - len(wrong)} of {found['prompts']} prompts), "
        f"{interval['level']:.0%} interval {interval['low']:.1%} to {interval['high']:.1%}; "
        f"{found['engine']}, {found['dtype']}"
    ]
    for what, names in (("no Python", wrong), ("nothing kept", found["empty_continuations"])):
        if names:
            lines.append(f"{what}: {', '.join(names)}")
    return lines


_LINES = {WhichSuite.HUMAN_EVAL: _human_eval_lines, WhichSuite.PYTHON_SYNTAX: _python_syntax_lines}


def summary_lines(found: Mapping[str, Any]) -> list[str]:
    """A summary as it is printed."""
    return _LINES[WhichSuite(found["evaluation"])](found)
