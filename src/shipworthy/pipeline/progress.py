"""The progress bar of a run, on standard error, or nothing where none was asked for."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress


class Progress:
    """A context in which `say` prints a line and `step` moves the bar; silent unless `shown`."""

    def __init__(self, *, shown: bool) -> None:
        self._bar = RichProgress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, quiet=not shown),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._bar.console.print(line, highlight=False)

    def begin(self, *, steps: int) -> None:
        """Show the bar for this many steps."""
        self._task = self._bar.add_task("", total=steps, note="")

    def step(self, line: dict[str, Any]) -> None:
        """One step is done; `line` is what steps.jsonl says of it."""
        assert self._task is not None
        rate = line["tokens"] / line["seconds"]
        self._bar.update(self._task, advance=1, note=f"loss {line['loss']:.3f}, {rate:,.0f} tok/s")
