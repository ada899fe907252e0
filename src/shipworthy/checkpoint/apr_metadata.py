"""The metadata JSON of `.apr` as it is written: compact, and in one order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import FileError, UsageError
from .apr_format import FIELD_ORDER, MAX_METADATA
from .strict_json import parse_object

_ANY_SIZE = 1 << 40
"""What is in proportion to the whole file is the reader's question; here only what is strict JSON."""


def encode_metadata(metadata: Mapping[str, Any], *, path: Path) -> bytes:
    """Compact JSON: known fields in the format's order, then custom keys sorted; null fields left out.

    Raises UsageError where a value is not JSON that our reader takes, or names a time of writing; FileError
    metadata-size.
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
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError("metadata-not-json", f"the metadata cannot be written: {error}") from error
    if len(data) > MAX_METADATA:
        message = f"the metadata takes {len(data)} bytes, known readers accept {MAX_METADATA}"
        raise FileError("metadata-size", message, path=path)
    try:
        parse_object(data, path=path, size=_ANY_SIZE)
    except FileError as error:
        message = f"the metadata would not be read again: it {error.message.removeprefix('the metadata ')}"
        raise UsageError("metadata-not-json", message, where=path.name) from None
    return data
