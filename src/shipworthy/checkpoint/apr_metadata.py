"""The metadata JSON of `.apr`: read strictly, written compactly and in one order."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from ..errors import FileError, UsageError
from .apr_format import FIELD_ORDER, MAX_METADATA, MAX_METADATA_DEPTH

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _Refused(Exception):
    """Raised inside json's hooks; carries the refusal's code and the text that shows it."""

    def __init__(self, code: str, message: str, needle: str) -> None:
        super().__init__(code, message, needle)
        self.code, self.message, self.needle = code, message, needle


def parse_metadata(data: bytes, *, path: Path, start: int) -> dict[str, Any]:
    """A JSON object from `data`, which lies at byte `start` of the file.

    Raises FileError: metadata-encoding, metadata-json, metadata-trailing-bytes, metadata-duplicate-key,
    metadata-not-finite, metadata-depth, metadata-not-an-object.
    """

    def refuse(code: str, message: str, offset: int = 0) -> FileError:
        return FileError(code, f"the metadata {message}", path=path, offset=start + offset)

    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise refuse("metadata-encoding", f"is not UTF-8: {error.reason}", error.start) from None
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        _check_depth_and_numbers(value)
        if _ESCAPED_SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        code = "metadata-trailing-bytes" if error.msg == "Extra data" else "metadata-json"
        offset = len(text[: error.pos].encode())
        raise refuse(code, f"is not one JSON value: {error.msg}", offset) from None
    except _Refused as error:
        needle = error.needle.encode()
        offset = max(data.rfind(needle), 0) if needle else 0
        raise refuse(error.code, error.message, offset) from None
    except RecursionError:
        raise refuse("metadata-depth", f"nests deeper than {MAX_METADATA_DEPTH}") from None
    except UnicodeEncodeError:
        raise refuse("metadata-encoding", "escapes half of a surrogate pair") from None
    except ValueError as error:
        raise refuse("metadata-json", f"is not JSON that is read: {error}") from None
    if not isinstance(value, dict):
        raise refuse("metadata-not-an-object", f"is a {type(value).__name__}, not an object")
    return value


def encode_metadata(metadata: Mapping[str, Any], *, path: Path) -> bytes:
    """Compact JSON: known fields in the format's order, then custom keys sorted; null fields left out.

    Raises UsageError where a value is not JSON or names a time of writing, FileError metadata-size.
    """
    if metadata.get("created_at") is not None:
        message = "created_at would make two equal runs write different bytes"
        raise UsageError("wall-clock-metadata", message, where=path.name, fix="leave it out")
    stated = {key: value for key, value in metadata.items() if value is not None}
    known = [key for key in FIELD_ORDER if key in stated]
    custom = sorted(stated.keys() - set(known))
    ordered = {key: stated[key] for key in (*known, *custom)}
    try:
        text = json.dumps(ordered, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = text.encode()
    except (TypeError, ValueError) as error:
        raise UsageError("metadata-not-json", f"the metadata cannot be written: {error}") from error
    if len(data) > MAX_METADATA:
        message = f"the metadata takes {len(data)} bytes, known readers accept {MAX_METADATA}"
        raise FileError("metadata-size", message, path=path)
    return data


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _Refused("metadata-duplicate-key", f"has the key {key!r} twice", json.dumps(key))
        result[key] = value
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused("metadata-not-finite", f"holds {name}, which is not JSON", name)


def _check_depth_and_numbers(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_METADATA_DEPTH):
        inner = []
        for container in level:
            items = container.values() if isinstance(container, dict) else container
            for item in items:
                if isinstance(item, dict | list):
                    inner.append(item)
                elif isinstance(item, float) and not math.isfinite(item):
                    raise _Refused("metadata-not-finite", "holds a number too large for a float64", "")
        if not inner:
            return
        level = inner
    raise _Refused("metadata-depth", f"nests deeper than {MAX_METADATA_DEPTH}", "")
