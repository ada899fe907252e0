"""One reading of a whole file for its CRC-32 and for whoever else wants to see every byte of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from deflate import crc32

from .entry import TensorEntry
from .file_bytes import FileBytes

Observe = Callable[[str, memoryview], None]
"""Called with a tensor's name and the next of its stored bytes, whole values, valid during the call."""


def crc32_while(file: FileBytes, end: int, look: Callable[[int, memoryview], None] | None) -> int:
    """CRC-32 (zlib's) of bytes [0, end), while `look(offset, piece)` sees the same pieces, in order.

    Takes one buffer of 1 MiB. Raises what `look` raises, and FileError as `FileBytes.read_into`.
    """
    crc, at = 0, 0
    for piece in file.chunks(0, end):
        crc = crc32(piece, crc)
        if look is not None:
            look(at, piece)
        at += len(piece)
    return crc


def by_tensor(entries: Iterable[TensorEntry], observe: Observe) -> Callable[[int, memoryview], None]:
    """A `look` that tells `observe` which tensor each byte belongs to; `entries` are in file order."""
    left = deque(entries)

    def look(at: int, piece: memoryview) -> None:
        end = at + len(piece)
        while left and left[0].offset < end:
            entry = left[0]
            stop = entry.offset + entry.nbytes
            part = piece[max(entry.offset - at, 0) : stop - at]
            if part:
                observe(entry.name, part)
            if stop > end:
                return
            left.popleft()

    return look
