"""Reading a GGUF header's values within bounds: a length is checked before anything is allocated for it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from ..errors import FileError
from .mapped import MappedFile
from .shortest import shortest_float32

MAX_STRING = 1 << 24
MAX_KEY = 1 << 16
MAX_VALUES = 1 << 22
"""Array elements that one header may hold, over all of its arrays."""
MAX_NESTING = 4

_STRING, _ARRAY, _BOOL, _FLOAT32 = 8, 9, 7, 6
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q", 12: "d"}
_SIZES = {kind: struct.calcsize(code) for kind, code in _SCALARS.items()}
_SMALLEST = {**_SIZES, _STRING: 8, _ARRAY: 12}
_U64 = struct.Struct("<Q").unpack_from


class GGUFCursor:
    """A position in a GGUF header that moves forward and never past the end of the file."""

    def __init__(self, file: MappedFile) -> None:
        self.path: Path = file.path
        self.buffer = file.map
        self.limit = file.size
        self.position = 0
        self.values_left = MAX_VALUES

    def refuse(self, code: str, message: str, at: int | None = None) -> FileError:
        offset = self.position if at is None else at
        fix = "copy it again" if code in ("truncated", "array-length") else "write it again"
        return FileError(code, message, path=self.path, offset=offset, fix=fix)

    def unpack(self, codes: str) -> tuple[Any, ...]:
        """Little-endian fields as struct names them. Raises FileError truncated."""
        fields = struct.Struct(f"<{codes}")
        if self.position + fields.size > self.limit:
            message = f"the header needs {fields.size} more bytes, the file ends at {self.limit}"
            raise self.refuse("truncated", message)
        values = fields.unpack_from(self.buffer, self.position)
        self.position += fields.size
        return values

    def string(self, what: str, longest: int = MAX_STRING) -> str:
        """A length-prefixed UTF-8 string. Raises FileError truncated, string-length, string-encoding."""
        return self._strings(1, what, longest)[0]

    def value(self, kind: int, key: str, depth: int = 0) -> Any:
        """A metadata value: int, float (the shortest decimal of a float32), bool, str, or a list of these.

        Elements of float32 arrays are widened as they are. Raises FileError value-type, bool, array-nesting,
        array-length and what `string` raises.
        """
        at = self.position
        if kind == _STRING:
            return self.string(key)
        if kind == _ARRAY:
            return self._array(key, depth + 1)
        if kind not in _SCALARS:
            raise self.refuse("value-type", f"{key} has the unknown value type {kind}", at)
        (number,) = self.unpack(_SCALARS[kind])
        if kind == _BOOL:
            return self._bools([number], key, at)[0]
        return shortest_float32(number) if kind == _FLOAT32 else number

    def _array(self, key: str, depth: int) -> list[Any]:
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
        if kind == _STRING:
            return self._strings(count, key, MAX_STRING)
        if kind == _ARRAY:
            return [self._array(key, depth + 1) for _ in range(count)]
        start = self.position
        values = list(self.unpack(f"{count}{_SCALARS[kind]}"))
        return self._bools(values, key, start) if kind == _BOOL else values

    def _bools(self, bytes_read: list[int], key: str, start: int) -> list[bool]:
        for index, byte in enumerate(bytes_read):
            if byte > 1:
                raise self.refuse("bool", f"{key} holds {byte} where a boolean is due", start + index)
        return [bool(byte) for byte in bytes_read]

    def _strings(self, count: int, what: str, longest: int) -> list[str]:
        # The one hot loop of the header: a vocabulary and its merges are some 10^5 strings.
        buffer, position, limit = self.buffer, self.position, self.limit
        strings: list[str] = []
        for _ in range(count):
            start = position + 8
            if start > limit:
                raise self.refuse("truncated", f"{what} runs past the end of the file", position)
            (length,) = _U64(buffer, position)
            if length > longest:
                message = f"{what} has a string of {length} bytes, at most {longest} are read"
                raise self.refuse("string-length", message, position)
            end = start + length
            if end > limit:
                raise self.refuse("truncated", f"{what} runs past the end of the file", position)
            try:
                strings.append(buffer[start:end].decode())
            except UnicodeDecodeError:
                message = f"{what} holds bytes that are not UTF-8"
                raise self.refuse("string-encoding", message, start) from None
            position = end
        self.position = position
        return strings
