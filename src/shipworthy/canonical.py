"""JSON as it is hashed (RFC 8785) and as it is read (strict: no duplicate key, NaN or Infinity)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn

import rfc8785

_CHUNK = 1 << 20
_EXACT = 2**53 - 1
_WRITER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False, allow_nan=False
)


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value. Raises ValueError on NaN, Infinity or integers past 2^53."""
    if _is_plain(value):
        # Of such values json writes the same bytes, some ten times faster.
        return _WRITER.encode(value).encode()
    return rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    """Whether a value is made of ASCII text, integers below 2^53, plain fractions, booleans and null.

    Where the two writers could differ is in exponents, whole numbers written as fractions, and the order of
    keys beyond ASCII. Both write the shortest digits that are the float64, Python without an exponent from
    1e-4 to 1e16, RFC 8785 from 1e-6 to 1e21.
    """
    kind = type(value)
    if kind is str:
        return bool(value.isascii())
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(value[key]) for key in value)
    if kind is list:
        return all(map(_is_plain, value))
    if kind is float:
        return 1e-4 <= abs(value) < 1e16 and not value.is_integer()
    return value is None or kind is bool or (kind is int and -_EXACT <= value <= _EXACT)


def sha256_bytes(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def sha256_json(value: Any) -> str:
    """Lower-case hex SHA-256 of the canonical form of a JSON value."""
    return sha256_bytes(canonical(value))


def sha256_file(path: Path) -> str:
    """Lower-case hex SHA-256 of a file, read in 1 MiB pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def content_sha256(path: Path) -> str:
    """Lower-case hex SHA-256 of a file, or of the names and digests of a directory's files."""
    if path.is_dir():
        return sha256_json(
            {p.relative_to(path).as_posix(): sha256_file(p) for p in path.rglob("*") if p.is_file()}
        )
    return sha256_file(path)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key[:200]!r} appears twice")
            seen.add(key)
    return result


def strict_loads(text: str | bytes) -> Any:
    """Parse JSON, refusing duplicate keys, NaN and Infinity. Raises ValueError (JSONDecodeError included)."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
