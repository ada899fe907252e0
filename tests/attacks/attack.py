"""One hostile subject: how it is made, by which code it is refused, where, and by what at the latest."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Stage = Literal["open", "verify", "tokenizer", "config"]


@dataclass(frozen=True)
class Attack:
    """`make` builds the subject in an empty folder and returns its path.

    `offset` is the byte that the refusal names, None where it names none. `at` is the first call of a
    Checkpoint that refuses: opening it, `verify()`, `tokenizer()` or `config()`.
    """

    make: Callable[[Path], Path]
    code: str
    offset: int | None = None
    at: Stage = "open"


Data = bytes | Callable[[], bytes]
"""The bytes of a file, or what makes them where they are many."""


def file(data: Data, code: str, offset: int | None = None, *, name: str, at: Stage = "open") -> Attack:
    """An attack that is one file of these bytes."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data if isinstance(data, bytes) else data())
        return path

    return Attack(make, code, offset, at)


def sparse(data: bytes, size: int, code: str, offset: int | None = None, *, name: str) -> Attack:
    """A file that starts with these bytes and goes on with a hole up to `size`."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        os.truncate(path, size)
        return path

    return Attack(make, code, offset)
