"""Strings that stay as a GGUF has them, each behind its length: a vocabulary as large as its bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import overload

_LENGTH = struct.Struct("<Q").unpack_from
_STEP = 64
"""Every so many strings, where one starts is kept."""

_PIECE = 1 << 16
"""Bytes that are copied at once: parts of `bytes` are made in half the time of parts of a view."""


class PackedTexts(Sequence[str]):
    """`count` strings from `start` of `buffer` on, known to lie in it and to be UTF-8; one is decoded when it
    is asked for. Equal to any sequence of the same strings; a slice is a tuple.
    """

    def __init__(self, buffer: bytes | bytearray, start: int, count: int) -> None:
        self._buffer, self._start, self._count = buffer, start, count
        self._places: list[int] = []
        self._last = (count, start)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return (text.decode() for text in self.encoded())

    def encoded(self) -> Iterator[bytes]:
        """The same strings as UTF-8, which takes half of the memory."""
        view = memoryview(self._buffer)
        start, at, piece, size = self._start, 0, b"", 0
        for _ in range(self._count):
            text = at + 8
            if text > size or (end := text + _LENGTH(piece, at)[0]) > size:
                start, text = start + at, 8
                end = text + _LENGTH(self._buffer, start)[0]
                piece = bytes(view[start : start + max(_PIECE, end)])
                size = len(piece)
            yield piece[text:end]
            at = end

    def first(self, count: int) -> PackedTexts:
        """The first `count` of them, on the same bytes."""
        return PackedTexts(self._buffer, self._start, min(count, self._count))

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...

    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        place = index + self._count if index < 0 else index
        if not 0 <= place < self._count:
            raise IndexError(f"{index} is outside of {self._count} strings")
        last, position = self._last
        if not 0 <= place - last < _STEP:
            position = self._step_starts()[place // _STEP]
            last = place - place % _STEP
        for _ in range(place - last):
            position += 8 + _LENGTH(self._buffer, position)[0]
        self._last = (place, position)
        (length,) = _LENGTH(self._buffer, position)
        return self._buffer[position + 8 : position + 8 + length].decode()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str | bytes | bytearray) or not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # equal to lists, which have none

    def __repr__(self) -> str:
        return f"PackedTexts({self._count} strings)"

    def _step_starts(self) -> list[int]:
        if not self._places:
            position = self._start
            for index in range(self._count):
                if index % _STEP == 0:
                    self._places.append(position)
                position += 8 + _LENGTH(self._buffer, position)[0]
        return self._places
