"""One reading of a whole file for its CRC-32 and for whoever else wants to see every byte of it."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable

from .entry import TensorEntry
from .file_bytes import CHUNK, FileBytes

Observe = Callable[[str, memoryview], None]
"""Called with a tensor's name and the next of its stored bytes, whole values, valid during the call."""

_BUFFERS = 4


def crc32_while(file: FileBytes, end: int, look: Callable[[int, memoryview], None]) -> int:
    """CRC-32 (zlib's) of bytes [0, end), while `look(offset, piece)` sees the same pieces, in order.

    `look` runs on the caller's thread and the checksum on another; both release the interpreter, so two cores
    share the work. Takes a few buffers of 1 MiB. Raises what `look` raises, and FileError as `read_into`.
    """
    # Here, so that what only opens does not wait for its import.
    from concurrent.futures import Future, ThreadPoolExecutor

    crc = 0

    def update(piece: memoryview) -> None:
        nonlocal crc
        crc = zlib.crc32(piece, crc)

    buffers = [memoryview(bytearray(min(CHUNK, end))) for _ in range(_BUFFERS)]
    pending: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1) as worker:
        for number, at in enumerate(range(0, end, CHUNK)):
            if len(pending) == _BUFFERS:
                pending.popleft().result()
            piece = buffers[number % _BUFFERS][: min(CHUNK, end - at)]
            file.read_into(at, piece)
            pending.append(worker.submit(update, piece))
            look(at, piece)
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
