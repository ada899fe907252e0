"""JSON as a receipt may hold it: strict, and with every number as it is written.

A quoted figure is held against a raw one at the precision at which it is quoted, so `325.20` and `325.2` are
not the same text here: numbers with a point or an exponent are read as Decimal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_VALUES = 1_000_000
_LONGEST_NUMBER = 40
_LARGEST_INTEGER = 2**64
_SIGNS = b",[{:"


class NotStrictJson(ValueError):
    """Why a text is no strict JSON, and the line at which it shows."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def parse(data: bytes) -> Any:
    """The JSON value of `data`: UTF-8, one value, no duplicate key, no NaN, no half of a surrogate pair.

    Raises NotStrictJson, also for more than 64 levels, a million values, and a number that no float64 or
    64-bit integer holds.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotStrictJson(f"is not UTF-8: {error.reason}", line) from None
    if sum(data.count(sign) for sign in _SIGNS) > MAX_VALUES:
        raise NotStrictJson(f"holds more than {MAX_VALUES} values", 1)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_decimal,
            parse_int=_integer,
        )
        _check_depth(value)
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except json.JSONDecodeError as error:
        raise NotStrictJson(_sentence(text, error), error.lineno) from None
    except RecursionError:
        raise NotStrictJson(f"nests deeper than {MAX_DEPTH}", 1) from None
    except UnicodeEncodeError:
        raise NotStrictJson("escapes half of a surrogate pair", _line_of(text, "\\ud")) from None
    except _Refused as error:
        raise NotStrictJson(error.message, _line_of(text, error.needle)) from None
    return value


class _Refused(Exception):
    def __init__(self, message: str, needle: str) -> None:
        super().__init__(message)
        self.message, self.needle = message, needle


def _sentence(text: str, error: json.JSONDecodeError) -> str:
    if error.msg == "Extra data":
        return "goes on after its one JSON value"
    if error.pos == 0 and text.strip():
        return f"begins with {text.strip()[:40]!r}, not with a JSON value"
    return f"is not JSON: {error.msg}" if text.strip() else "is empty"


def _line_of(text: str, needle: str) -> int:
    place = text.lower().rfind(needle.lower())
    return text.count("\n", 0, place) + 1 if place >= 0 else 1


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _Refused(f"has the key {key[:60]!r} twice", json.dumps(key))
        result[key] = value
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"holds {name}, which is not JSON", name)


def _decimal(text: str) -> Decimal:
    if len(text) > _LONGEST_NUMBER or not math.isfinite(float(text)):
        raise _Refused(f"holds the number {text[:40]}, which no float64 is", text)
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _Refused(f"holds the number {text[:40]}, which no float64 is", text) from None
    if value and abs(value.adjusted()) > 400:
        raise _Refused(f"holds the number {text[:40]}, which no float64 is", text)
    return value


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER or abs(int(text)) >= _LARGEST_INTEGER:
        raise _Refused(f"holds an integer of more than 64 bits, {text[:40]}", text)
    return int(text)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for container in level
            if isinstance(container, dict | list)
            for item in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return
    raise _Refused(f"nests deeper than {MAX_DEPTH}", "")
