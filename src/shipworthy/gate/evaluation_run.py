"""Runs an evaluation in a fresh process and takes from it what a receipt states; completions are kept."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..canonical import strict_loads
from ..errors import ShipworthyError
from ..pipeline.evaluation import COMPLETIONS, Prompt, rows_in
from .collect import COMPLETIONS_END
from .own_exports import own_exports

_STATED = (
    "process",
    "engine",
    "device",
    "parameters_on",
    "cache_on",
    "dtype",
    "threads",
    "temperature",
    "max_tokens",
)


class EvaluationFailed(ShipworthyError):
    """An evaluation that ended without a result."""

    exit_code = 1


def run_evaluation(
    subject: Path,
    decoding: Mapping[str, Any],
    log: Path,
    *,
    number: int = 1,
    prompts: Sequence[Prompt] | None = None,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The summary of one run, and its rows: of HumanEval, or of these prompts.

    What was written is kept beside the log, one file a run. Raises EvaluationFailed with what it said last.
    """
    asked: dict[str, Any] = {"decoding": dict(decoding)}
    if prompts is not None:
        asked["prompts"] = [{"id": prompt.id, "text": prompt.text} for prompt in prompts]
    with tempfile.TemporaryDirectory(prefix="shipworthy-eval-") as folder, own_exports() as environment:
        argv = [sys.executable, "-P", "-m", "shipworthy.gate.evaluation_process"]
        argv += [str(subject), folder, json.dumps(asked)]
        done = subprocess.run(argv, capture_output=True, env=environment, check=False)
        with log.open("ab") as stream:
            stream.write(done.stderr)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            message = (
                f"run {number} ended with code {done.returncode}: {said[-1] if said else 'it said nothing'}"
            )
            raise EvaluationFailed("evaluation-failed", message)
        kept = Path(folder) / COMPLETIONS
        shutil.copyfile(kept, log.with_name(f"{log.stem}.run-{number}{COMPLETIONS_END}"))
        rows = rows_in(kept)
    return strict_loads(done.stdout), rows


def receipt(
    summary: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    under: str,
    row: Callable[[Mapping[str, Any]], dict[str, Any]],
    **stated: Any,
) -> dict[str, Any]:
    """A run as the raw samples of a probe have it, its rows `under` a name."""
    return {**{name: summary[name] for name in _STATED}, **stated, under: [row(each) for each in rows]}
