"""An evaluation from a checkpoint to its figure: every row is kept as it is done, so that it goes on."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from ...atomic import refusing_unwritable, write_json
from ...canonical import sha256_json
from ...own_sources import sources_sha256
from ..engines import Opened, open_engine
from ..run_record import libraries
from ..sampling import Sampling
from .kept import R, Row, begin, keep, kept_rows

GREEDY = Sampling()
"""The likeliest token, always: what every suite decodes with, and what its summary states."""
COMPLETIONS, SUMMARY = "completions.jsonl", "summary.json"
_SHAPES_THE_RESULT = ("architecture", "checkpoint", "model", "pipeline")

Progress = Callable[[int, int, Row], None]
"""Takes how many rows are done, of how many, and the last."""


class Suite(Protocol[R]):
    """What is asked of a checkpoint, how one answer becomes a row, and what all rows come to."""

    @property
    def name(self) -> str:
        """How it is asked for."""
        ...

    def settings(self) -> dict[str, Any]:
        """What decides the result beside the checkpoint."""
        ...

    def __len__(self) -> int: ...

    def rows(
        self, opened: Opened, max_tokens: int, sampling: Sampling, known: Mapping[str, R]
    ) -> Iterator[R]:
        """Every row once, in order, as it is done; one that is `known` is not made again."""
        ...

    def read(self, row: Mapping[str, Any]) -> R:
        """A row as it was kept."""
        ...

    def summary(self, rows: Sequence[R]) -> dict[str, Any]:
        """What the rows come to."""
        ...


def evaluate(
    checkpoint: Path,
    out: Path,
    suite: Suite[R],
    *,
    max_tokens: int,
    engine: str | None = None,
    device: str = "cpu",
    dtype: str = "f32",
    threads: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The summary of a suite, greedy; `out` gets every completion and the summary.

    What `out` holds of the same checkpoint, settings and code is not done again.
    Raises UsageError (other-evaluation, what open_engine raises), FileError, and what the suite raises.
    """
    with open_engine(checkpoint, engine=engine, device=device, dtype=dtype, threads=threads) as opened:
        return evaluate_opened(opened, out, suite, max_tokens=max_tokens, progress=progress)


def evaluate_opened(
    opened: Opened,
    out: Path,
    suite: Suite[R],
    *,
    max_tokens: int,
    progress: Progress | None = None,
    sampling: Sampling = GREEDY,
) -> dict[str, Any]:
    """The same of an engine that is open; the temperature it states is that of what the engine is given."""
    settings = {
        "evaluation": suite.name,
        **suite.settings(),
        "subject": {"sha256": opened.digest, "format": opened.format},
        "engine": opened.engine.name,
        "device": opened.device["type"],
        "dtype": opened.dtype,
        "threads": opened.threads,
        "temperature": sampling.temperature,
        "max_tokens": max_tokens,
        "libraries": {**libraries(), "llama_cpp_python": version("llama_cpp_python")},
        "python": platform.python_version(),
    }
    key = sha256_json({**settings, "sources": sources_sha256(_SHAPES_THE_RESULT)})
    record = out / COMPLETIONS
    with refusing_unwritable(record):
        out.mkdir(parents=True, exist_ok=True)
        known = kept_rows(record, key, suite.read)
    if not record.exists() or record.stat().st_size == 0:
        begin(record, key, settings)
    rows = []
    for row in suite.rows(opened, max_tokens, sampling, known):
        if row.name not in known:
            keep(record, key, row.to_json())
        rows.append(row)
        if progress is not None:
            progress(len(rows), len(suite), row)
    places = opened.engine.places()
    summary = {
        **settings,
        "parameters_on": places["parameters_on"],
        "cache_on": places["cache_on"],
        **suite.summary(rows),
    }
    write_json(out / SUMMARY, summary)
    return summary
