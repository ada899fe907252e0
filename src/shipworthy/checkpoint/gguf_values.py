"""Reading a GGUF header's values within bounds: a length is checked before anything is allocated for it."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import FileError
from .file_bytes import FileBytes
from .gguf_budget import MADE, Budget, set_of_encoded
from .packed_texts import PackedTexts
from .shortest import shortest_float32
from .text_width import text_width

MAX_STRING = 1 << 20
MAX_KEY = 1 << 16
MAX_VALUES = 1 << 22
"""Array elements that one header may hold, over all of its arrays."""
MAX_NESTING = 4

_STRING, _ARRAY, _BOOL, _FLOAT32 = 8, 9, 7, 6
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
_SIZES = {kind: struct.calcsize(code) for kind, code in _SCALARS.items()}
_SMALLEST = {**_SIZES, _STRING: 8, _ARRAY: 12}
_A_KEY = 1024
"""Bytes that a key and what makes its value are reckoned to take, beside their text."""
_BECOMES_A_SET = "tokenizer.ggml.tokens"
"""The array that the check of a tokenizer looks others up in."""
_U64 = struct.Struct("<Q").unpack_from
_WINDOW = 1 << 20
_STRINGS_AT_ONCE = 256
_ASCII_LENGTH = 127
"""The longest string whose length prefix is ASCII, so that text and prefixes can be checked as one."""


@lru_cache(maxsize=64)
def _fields(codes: str) -> struct.Struct:
    return struct.Struct(f"<{codes}")


class GGUFCursor:
    """A position in a GGUF header that moves forward and never past the end of the file.

    The header is read in a window that grows; an array is checked when it is passed, and its elements are
    made when they are asked for, out of the window.
    """

    def __init__(self, file: FileBytes) -> None:
        self.path: Path = file.path
        self.file = file
        self.limit = file.size
        self.buffer = bytearray(file.read(0, min(_WINDOW, file.size)))
        self.position = 0
        self.values_left = MAX_VALUES
        self.budget = Budget(file.size)
        self._making = 0

    def refuse(self, code: str, message: str, at: int | None = None) -> FileError:
        offset = self.position if at is None else at
        fix = "copy it again" if code in ("truncated", "array-length") else "write it again"
        return FileError(code, message, path=self.path, offset=offset, fix=fix)

    def unpack(self, codes: str) -> tuple[Any, ...]:
        """Little-endian fields as struct names them. Raises FileError truncated."""
        fields = _fields(codes)
        end = self.position + fields.size
        if end > self.limit:
            message = f"the header needs {fields.size} more bytes, the file ends at {self.limit}"
            raise self.refuse("truncated", message)
        self._load(end)
        values = fields.unpack_from(self.buffer, self.position)
        self.position = end
        return values

    def string(self, what: str, longest: int = MAX_STRING) -> str:
        """A length-prefixed UTF-8 string. Raises FileError truncated, string-length, string-encoding."""
        at = self.position
        if at + 8 > self.limit:
            raise self.refuse("truncated", f"{what} runs past the end of the file")
        self._load(at + 8)
        (length,) = _U64(self.buffer, at)
        if length > longest:
            message = f"{what} has a string of {length} bytes, at most {longest} are read"
            raise self.refuse("string-length", message)
        end = at + 8 + length
        if end > self.limit:
            raise self.refuse("truncated", f"{what} runs past the end of the file")
        self._load(end)
        try:
            text = self.buffer[at + 8 : end].decode()
        except UnicodeDecodeError:
            raise self.refuse("string-encoding", f"{what} holds bytes that are not UTF-8", at + 8) from None
        self.position = end
        return text

    def keep(self, start: int, beside: int, what: str, code: str = "array-length") -> None:
        """Count what was passed since `start` as text that stays, and `beside` bytes of objects around it.

        Raises FileError with `code`.
        """
        if not self.budget.keeps(beside + self._text_memory(start)):
            raise self._too_much(code, what, start)

    def _make(self, memory: int, key: str, at: int) -> None:
        """Count a part of the array that is being passed. Raises FileError array-length."""
        self._making += memory
        if not self.budget.makes(self._making):
            raise self._too_much("array-length", key, at)

    def _too_much(self, code: str, what: str, at: int) -> FileError:
        message = f"{what} takes more memory than is in proportion to a file of {self.limit} bytes"
        return self.refuse(code, message, at)

    def _text_memory(self, start: int) -> int:
        """Of the text of what was passed since `start`: Python takes 1, 2 or 4 bytes a character."""
        taken = self.buffer[start : self.position]
        return text_width(taken) * len(taken)

    def value(self, kind: int, key: str) -> Callable[[], Any]:
        """A metadata value, checked now and made when called: int, float (the shortest decimal of a
        float32), bool, str, or a new list of these. Elements of float32 arrays are widened as they are.

        Raises FileError value-type, bool, array-nesting, array-length and what `string` raises.
        """
        if kind == _ARRAY:
            self._making = 0
            return self._array(key, 1)
        at = self.position
        if kind == _STRING:
            text = self.string(key)
            self.keep(at, _A_KEY, key)
            return lambda: text
        if kind not in _SCALARS:
            raise self.refuse("value-type", f"{key} has the unknown value type {kind}", at)
        (number,) = self.unpack(_SCALARS[kind])
        if kind == _BOOL:
            self._check_bools(key, at)
            return lambda: bool(number)
        return lambda: shortest_float32(number) if kind == _FLOAT32 else number

    def _load(self, end: int) -> None:
        """Have the bytes up to `end`, which lies inside the file, in the window."""
        # A piece at a time, so that no more than one is there twice.
        while (have := len(self.buffer)) < end:
            self.buffer += self.file.read(have, min(have + _WINDOW, self.limit))

    def _array(self, key: str, depth: int) -> Callable[[], Sequence[Any]]:
        at = self.position
        if depth > MAX_NESTING:
            raise self.refuse("array-nesting", f"{key} nests arrays deeper than {MAX_NESTING}", at)
        kind, count = self.unpack("IQ")
        if kind not in _SMALLEST:
            raise self.refuse("value-type", f"{key} is an array of the unknown value type {kind}", at)
        if count > self.values_left:
            message = f"{key} claims {count} elements; a header may hold {MAX_VALUES}"
            raise self.refuse("array-length", message, at + 4)
        if count * _SMALLEST[kind] > self.limit - self.position:
            message = f"{key} claims {count} elements, more than the rest of the file holds"
            raise self.refuse("array-length", message, at + 4)
        self.values_left -= count
        self._make(count * MADE[kind], key, at + 4)
        start = self.position
        if kind == _ARRAY:
            for _ in range(count):
                self._array(key, depth + 1)
            return lambda: self._made(
                start, lambda again: [_plain(again._array(key, depth + 1)()) for _ in range(count)]
            )
        if kind == _STRING:
            self._pass_strings(count, key)
            if key == _BECOMES_A_SET:
                nbytes = self.position - start - 8 * count
                if not self.budget.makes(set_of_encoded(count, nbytes)):
                    raise self._too_much("array-length", key, at + 4)
            return lambda: PackedTexts(self.buffer, start, count)
        self._load(start + count * _SIZES[kind])
        self.position += count * _SIZES[kind]
        if kind == _BOOL:
            self._check_bools(key, start)
            return lambda: [bool(byte) for byte in self.buffer[start : start + count]]
        return lambda: self._numbers(_SCALARS[kind], start, start + count * _SIZES[kind])

    def _numbers(self, code: str, start: int, end: int) -> list[Any]:
        numbers = array(code)
        numbers.frombytes(memoryview(self.buffer)[start:end])
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers.tolist()

    def _made(self, start: int, make: Callable[[GGUFCursor], list[Any]]) -> list[Any]:
        """What `make` reads from `start` on, this cursor left where it is."""
        again = copy(self)
        again.position, again.values_left = start, MAX_VALUES
        again.budget, again._making = Budget(self.limit), 0
        return make(again)

    def _check_bools(self, key: str, start: int) -> None:
        for index, byte in enumerate(self.buffer[start : self.position]):
            if byte > 1:
                raise self.refuse("bool", f"{key} holds {byte} where a boolean is due", start + index)

    def _pass_strings(self, count: int, what: str) -> None:
        # The one hot loop of the header: a vocabulary and its merges are some 10^5 strings. Where a piece of
        # them is all short its text and its length prefixes, ASCII then, are one piece of UTF-8 or none is.
        left = count
        while left:
            piece, at = min(left, _STRINGS_AT_ONCE), self.position
            end = self._end_of_short_strings(piece)
            if end is None or not _is_text(self.buffer, self.position, end):
                for _ in range(piece):
                    self.string(what)
            else:
                self.position = end
            self._make(self._text_memory(at), what, at)
            left -= piece

    def _end_of_short_strings(self, count: int) -> int | None:
        """Where `count` strings end, or None where one is long or passes the window."""
        buffer, position, longest = self.buffer, self.position, _ASCII_LENGTH
        try:
            for _ in range(count):
                (length,) = _U64(buffer, position)
                if length > longest:
                    return None
                position += 8 + length
        except struct.error:
            return None
        return position if position <= len(buffer) else None


def _is_text(buffer: bytearray, start: int, end: int) -> bool:
    try:
        buffer[start:end].decode()
    except UnicodeDecodeError:
        return False
    return True


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, PackedTexts) else value


class GGUFFields(Mapping[str, Any]):
    """The keys of a header, in the file's order; a value is made whenever it is asked for, and not kept."""

    def __init__(self, made: Mapping[str, Callable[[], Any]], budget: Budget) -> None:
        self._made = made
        self.budget = budget

    def __getitem__(self, key: str) -> Any:
        return _plain(self._made[key]())

    def packed(self, key: str) -> Any:
        """The same, but an array of strings as PackedTexts."""
        return self._made[key]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __contains__(self, key: object) -> bool:
        return key in self._made
