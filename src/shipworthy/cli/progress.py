"""How far a long verb is, said on standard error where a person looks at it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

_AFTER, _EVERY = 1.0, 0.2
"""Seconds before the first line, and between two."""


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A function that takes (done, total) bytes, or None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    start = shown = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - start >= _AFTER and now - shown >= _EVERY:
            shown = now
            share = f"{100 * done // max(total, 1)} % of {total / 1e9:.2f} GB"
            typer.echo(f"\r{what}: {share}", nl=False, err=True)

    try:
        yield show
    finally:
        if shown != start:
            typer.echo("\r\033[K", nl=False, err=True)
