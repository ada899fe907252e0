"""The metadata of `.apr` that another format has no keys of its own for, carried beside those it has.

A GGUF has it as JSON under `shipworthy.apr_metadata`, a config.json as the object `shipworthy_apr_metadata`.
What is carried completes the format's own statements and never replaces one: a runtime reads those, and a
file that says one thing to it and another to us is refused.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..architecture import ALIASES
from ..errors import FileError, UsageError
from .apr_format import TOKENIZER_ARRAYS
from .strict_json import parse_object

GGUF_KEY = "shipworthy.apr_metadata"
CONFIG_KEY = "shipworthy_apr_metadata"

MAX_BYTES = 1 << 20
"""Of the JSON: far more than fields need, far less than a parser would feel."""

TOKENIZER_KEYS = ("shipworthy.tokenizer", "tokenizer.bos_token_id", "tokenizer.eos_token_id")
"""What is carried of the tokenizer: see `tokenizer_carried`; no part of the metadata."""

_READ_BY_RUNTIMES = (
    *("hidden_size", "num_layers", "num_heads", "num_kv_heads", "intermediate_size"),
    *("max_position_embeddings", "rope_theta", "rms_norm_eps"),
)


def left_over(wanted: Mapping[str, Any], expressed: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `wanted` that a reader of `expressed` would not find, or would find otherwise.

    Of an object, only the entries that differ; of a vocabulary, nothing.
    """
    found: dict[str, Any] = {}
    for key, value in wanted.items():
        if value is None or key in TOKENIZER_ARRAYS:
            continue
        other = expressed.get(key)
        if key == "shipworthy.tokenizer" and isinstance(value, Mapping) and isinstance(other, Mapping):
            entries = {name: one for name, one in value.items() if not same(one, other.get(name))}
            found |= {key: entries} if entries else {}
        elif not same(value, other):
            found[key] = value
    return found


def refuse_reserved(metadata: Mapping[str, Any]) -> None:
    """Raises UsageError metadata-reserved for a field that is called as what carries the others."""
    for key in (GGUF_KEY, CONFIG_KEY):
        if key in metadata:
            message = f"the metadata field {key} has the name under which other fields are carried"
            raise UsageError("metadata-reserved", message, fix=f"take it out with `stamp --unset {key}`")


def contradicted(wanted: Mapping[str, Any], native: Mapping[str, Any]) -> list[str]:
    """The fields of `wanted` that a format's own keys say otherwise, so that they cannot be carried."""
    return [
        key
        for key, value in wanted.items()
        if value is not None and key in native and not _agree(native[key], value)
    ]


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are written alike: 1, 1.0 and true are three values."""
    return left is right or json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def to_text(carried: Mapping[str, Any], path: Path) -> str:
    """The JSON that a GGUF carries: compact, keys in the order given.

    Raises UsageError metadata-not-json, FileError metadata-size.
    """
    try:
        text = json.dumps(carried, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except (TypeError, ValueError) as error:
        raise UsageError("metadata-not-json", f"the metadata cannot be carried: {error}") from error
    if size > MAX_BYTES:
        message = f"{size} bytes of metadata have no key of the format, at most {MAX_BYTES} are carried"
        raise FileError("metadata-size", message, path=path, fix="stay with .apr, or take some of it out")
    return text


def carried_in_gguf(fields: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What a GGUF carries. Raises FileError as parse_object does, with codes that start with carried;
    metadata-size."""
    text = fields.get(GGUF_KEY)
    if text is None:
        return {}
    if not isinstance(text, str):
        raise FileError("carried-json", f"{GGUF_KEY} is not text", path=path)
    data = text.encode()
    if len(data) > MAX_BYTES:
        message = f"{GGUF_KEY} has {len(data)} bytes, at most {MAX_BYTES} are read"
        raise FileError("metadata-size", message, path=path)
    try:
        found = parse_object(data, path=path, size=len(data), what=GGUF_KEY, code="carried")
    except FileError as error:
        # Its offset counts within the text, and would be read as the file's.
        raise FileError(error.code, error.message, path=path, fix="convert it again") from None
    _refuse_contradicted_text(found, fields, path)
    return found


def carried_in_config(config: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What a config.json carries. Raises FileError carried-not-an-object."""
    found = config.get(CONFIG_KEY, {})
    if not isinstance(found, dict):
        message = f"{CONFIG_KEY} is a {type(found).__name__}, not an object"
        raise FileError("carried-not-an-object", message, path=path)
    return found


def completed(native: Mapping[str, Any], carried: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """`native` metadata with what is carried of it. Where both state a number that float32 does not tell
    apart, the carried one, which is exact.

    Raises FileError metadata-conflict where a carried field contradicts a native one, goes by an alias, is
    a vocabulary, or is one that a runtime needs and would not find.
    """
    aliases = {alias: field for field, others in ALIASES.items() for alias in others}
    for key, value in carried.items():
        problem = ""
        if key in native and not _agree(native[key], value):
            problem = f"is carried as {value!r:.80} and stated as {native[key]!r:.80}"
        elif key in aliases:
            problem = f"is carried, another name of {aliases[key]!r}"
        elif key in TOKENIZER_ARRAYS:
            problem = "is carried; a vocabulary has the format's own keys"
        elif key in _READ_BY_RUNTIMES and key not in native:
            problem = "is carried, where no other reader finds it, and not stated"
        if problem:
            raise FileError("metadata-conflict", f"{key!r} {problem}", path=path, fix="convert it again")
    kept = {key: value for key, value in carried.items() if key not in TOKENIZER_KEYS}
    return {**native, **kept}


def text_of(key: str, value: Any) -> dict[str, str]:
    """A custom field as keys of text: itself, or one `key.entry` for each entry of text of an object."""
    entries = (
        {f"{key}.{name}": one for name, one in value.items()} if isinstance(value, Mapping) else {key: value}
    )
    return {name: one for name, one in entries.items() if isinstance(one, str)}


def _refuse_contradicted_text(carried: Mapping[str, Any], fields: Mapping[str, Any], path: Path) -> None:
    for key, value in carried.items():
        for name, text in text_of(key, value).items():
            if key.startswith("shipworthy.") and fields.get(name, text) != text:
                message = f"{name!r} is carried as {text!r:.80} and stated as {fields[name]!r:.80}"
                raise FileError("metadata-conflict", message, path=path, fix="convert it again")


def _agree(native: Any, carried: Any) -> bool:
    if same(native, carried):
        return True
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (native, carried))
    return numbers and _float32(native) == _float32(carried)


def _float32(value: float) -> bytes | float:
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return value
