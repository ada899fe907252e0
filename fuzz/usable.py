"""What must hold of every input of a parser: it is refused by a FileError, or what was opened can be used."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shipworthy.checkpoint import Checkpoint
from shipworthy.checkpoint.readable import require_readable
from shipworthy.checkpoint.summary import summarize
from shipworthy.errors import FileError

SPARE_BYTES = 32 << 20
READ_VALUES = 1 << 20
"""Tensors of more values are not decoded here: blocks of the base-3 kinds unpack to 19 times their size."""


MEASURED = 16
"""One in so many inputs is tried with Python's allocations counted, which makes it three times as slow, and
leaves some 6 KiB behind in tracemalloc itself.
"""


class TooMuchMemory(Exception):
    """Opening took more than twice the file's size and 32 MiB."""


def tried(open_it: Callable[[], Checkpoint], data: bytes, *, measured: bool | None = None) -> bool:
    """Open and use what is made of `data`; whether it opened. Lets pass what must not be raised.

    `measured` says whether memory is; None, to take one input in MEASURED.
    """
    if measured is None:
        measured = zlib.crc32(data) % MEASURED == 0
    if measured:
        tracemalloc.start()
    try:
        return _tried(open_it, len(data))
    finally:
        if measured:
            tracemalloc.stop()


def _tried(open_it: Callable[[], Checkpoint], size: int) -> bool:
    try:
        with within_memory(size):
            checkpoint = open_it()
    except FileError:
        return False
    with checkpoint:
        use(checkpoint, size)
    return True


@contextmanager
def within_memory(size: int) -> Iterator[None]:
    """Raises TooMuchMemory where allocations are counted and their peak inside exceeds the promise."""
    if tracemalloc.is_tracing():
        tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    try:
        yield
    finally:
        taken = tracemalloc.get_traced_memory()[1] - before
        if taken > 2 * size + SPARE_BYTES:
            raise TooMuchMemory(f"{taken} bytes for a file of {size}")


def use(checkpoint: Checkpoint, size: int) -> None:
    """Everything that a verb does with an opened file, short of computing with it."""
    refused(checkpoint.verify)
    with within_memory(size):
        refused(lambda: summarize(checkpoint))
        refused(checkpoint.tokenizer)
        refused(checkpoint.config)
        refused(lambda: require_readable(checkpoint))
    for name, entry in checkpoint.tensors.items():
        if entry.nbytes <= READ_VALUES:
            refused(lambda name=name: checkpoint.read(name))  # type: ignore[misc]
        for piece in checkpoint.raw_blocks(name):
            assert len(piece) <= entry.nbytes


def refused(call: Callable[[], object]) -> None:
    """A FileError is an answer; any other exception is a bug."""
    try:
        call()
    except FileError:
        return
