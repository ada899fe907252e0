"""JSON objects inside checkpoints, read strictly: what two parsers could read differently is refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from ..errors import FileError
from .text_width import text_width

MAX_DEPTH = 32
_MAX_INT = (1 << 64) - 1
_MADE = {b",": 72, b"[": 80, b"{": 80, b":": 170}
"""Bytes of memory that the value behind each sign is reckoned to take, an object's by its keys: three bytes
of JSON can make a list of 56.
"""
_SPARE = 24 << 20
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _Refused(Exception):
    """Raised inside json's hooks; carries the refusal's code and the text that shows it."""

    def __init__(self, code: str, message: str, needle: str) -> None:
        super().__init__(code, message, needle)
        self.code, self.message, self.needle = code, message, needle


def parse_object(
    data: bytes,
    *,
    path: Path,
    size: int,
    start: int = 0,
    what: str = "the metadata",
    code: str = "metadata",
) -> dict[str, Any]:
    """A JSON object from `data`, which lies at byte `start` of a file of `size` bytes; messages call it
    `what`.

    Raises FileError, its code `code` followed by: -values, -encoding, -json, -trailing-bytes,
    -duplicate-key, -not-finite, -depth, -not-an-object.
    """

    def refuse(kind: str, message: str, offset: int = 0) -> FileError:
        return FileError(f"{code}-{kind}", f"{what} {message}", path=path, offset=start + offset)

    values = sum(data.count(sign) for sign in _MADE)
    if sum(data.count(sign) * memory for sign, memory in _MADE.items()) > 2 * size + _SPARE:
        raise refuse("values", f"holds some {values} values, out of proportion to a file of {size} bytes")
    # The text is there as bytes, as a whole, and once more in its values.
    if len(data) * (1 + 2 * text_width(data)) > 2 * size + _SPARE:
        raise refuse("values", f"takes {len(data)} bytes, out of proportion to a file of {size} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise refuse("encoding", f"is not UTF-8: {error.reason}", error.start) from None
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        _check_depth_and_numbers(value)
        if _ESCAPED_SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        kind = "trailing-bytes" if error.msg == "Extra data" else "json"
        offset = len(text[: error.pos].encode())
        raise refuse(kind, f"is not one JSON value: {error.msg}", offset) from None
    except _Refused as error:
        needle = error.needle.encode()
        offset = max(data.rfind(needle), 0) if needle else 0
        raise refuse(error.code, error.message, offset) from None
    except RecursionError:
        raise refuse("depth", f"nests deeper than {MAX_DEPTH}") from None
    except UnicodeEncodeError:
        raise refuse("encoding", "escapes half of a surrogate pair") from None
    except ValueError as error:
        raise refuse("json", f"is not JSON that is read: {error}") from None
    if not isinstance(value, dict):
        raise refuse("not-an-object", f"is a {type(value).__name__}, not an object")
    return value


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _Refused("duplicate-key", f"has the key {key!r} twice", json.dumps(key))
        result[key] = value
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused("not-finite", f"holds {name}, which is not JSON", name)


def _check_depth_and_numbers(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        inner = []
        for container in level:
            items = container.values() if isinstance(container, dict) else container
            for item in items:
                if isinstance(item, dict | list):
                    inner.append(item)
                elif isinstance(item, float) and not math.isfinite(item):
                    raise _Refused("not-finite", "holds a number too large for a float64", "")
                elif isinstance(item, int) and not -_MAX_INT <= item <= _MAX_INT:
                    raise _Refused("not-finite", "holds an integer of more than 64 bits", str(item))
        if not inner:
            return
        level = inner
    raise _Refused("depth", f"nests deeper than {MAX_DEPTH}", "")
