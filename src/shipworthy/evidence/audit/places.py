"""JSON pointers (RFC 6901) and the walk over everything that a document holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def pointer(*keys: str | int) -> str:
    """`/gates/5/threshold`."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def leaves(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value that holds no other, with its keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*keys, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*keys, index))
    else:
        yield keys, value


def objects(
    value: Any, keys: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Every object of a document, the outer ones first, with its keys."""
    if isinstance(value, dict):
        yield keys, value
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from objects(item, (*keys, key))


def texts(value: Any) -> Iterator[str]:
    """Every text of a document, keys included."""
    for keys, leaf in leaves(value):
        if isinstance(leaf, str):
            yield leaf
        yield from (key for key in keys[-1:] if isinstance(key, str))


def line(index: int) -> str:
    """The place of a line, the first being 1."""
    return f"line {index}"
