"""JSON as it is hashed (RFC 8785) and as it is read (strict: no duplicate key, NaN or Infinity)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import rfc8785

_CHUNK = 1 << 20


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value. Raises ValueError on NaN, Infinity or integers past 2^53."""
    return rfc8785.dumps(value)


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


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key!r} appears twice")
        result[key] = value
    return result


def strict_loads(text: str | bytes) -> Any:
    """Parse JSON, refusing duplicate keys, NaN and Infinity. Raises ValueError (JSONDecodeError included)."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
