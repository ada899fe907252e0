"""Whether what a probe or a planted defect declares as a JSON Schema is one.

Declarations are looked at in every process, and nearly all are plain: for those the answer is had without
the metaschema, a hundred times faster. Where it is no plain yes, the metaschema decides and explains.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from .values import is_number
from .written import is_written_integer

_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def schema_problems(schema: Any) -> Iterator[str]:
    """What of a schema is not JSON Schema 2020-12, or reaches beyond the schema itself."""
    if _is_plain(schema):
        return
    for error in _metaschema().iter_errors(schema):
        yield f"a schema is not JSON Schema 2020-12: {error.message}"
    for reference in _references(schema):
        if not reference.startswith("#"):
            yield f"a schema refers to {reference!r}, which is not part of it"


@cache
def _metaschema() -> Draft202012Validator:
    return Draft202012Validator(Draft202012Validator.META_SCHEMA)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            if key in ("$ref", "$dynamicRef"):
                yield str(member)
            yield from _references(member)
    elif isinstance(value, list):
        for member in value:
            yield from _references(member)


def _is_plain(schema: Any) -> bool:
    """True only of a schema whose keywords are all in the table and have the values they take."""
    return isinstance(schema, dict) and all(
        keyword in _TAKES and _TAKES[keyword](stated) for keyword, stated in schema.items()
    )


def _is_count(stated: Any) -> bool:
    return is_written_integer(stated) and stated >= 0


def _is_pattern(stated: Any) -> bool:
    try:
        return isinstance(stated, str) and bool(re.compile(stated))
    except re.error:
        return False


def _are_names(stated: Any) -> bool:
    return isinstance(stated, list) and all(isinstance(name, str) for name in stated) and _unique(stated)


def _unique(stated: list[Any]) -> bool:
    return len({repr(member) for member in stated}) == len(stated)


_TAKES: Mapping[str, Callable[[Any], bool]] = {
    "type": lambda stated: (
        stated in _TYPES
        if isinstance(stated, str)
        else _are_names(stated) and bool(stated) and _TYPES.issuperset(stated)
    ),
    "properties": lambda stated: isinstance(stated, dict) and all(map(_is_plain, stated.values())),
    "required": _are_names,
    "additionalProperties": lambda stated: isinstance(stated, bool) or _is_plain(stated),
    "items": lambda stated: isinstance(stated, bool) or _is_plain(stated),
    "enum": lambda stated: isinstance(stated, list),
    "const": lambda stated: True,
    "description": lambda stated: isinstance(stated, str),
    "pattern": _is_pattern,
    "uniqueItems": lambda stated: isinstance(stated, bool),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), is_number),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength", "minProperties"), _is_count),
}
