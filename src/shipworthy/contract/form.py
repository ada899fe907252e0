"""Schema errors as a person wants them: the key, the place, and what was probably meant."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from jsonschema import ValidationError

from ..errors import ContractError
from ..strict_yaml import Document
from .schemas import Kind, quick_yes, validator
from .values import is_integer

_CODES = {
    "type": "wrong-type",
    "enum": "not-one-of",
    "const": "not-one-of",
    "pattern": "bad-form",
    "minLength": "empty",
    "maxLength": "too-long",
    "minItems": "empty",
    "minProperties": "empty",
    "uniqueItems": "duplicate-item",
    "minimum": "out-of-range",
    "maximum": "out-of-range",
    "exclusiveMinimum": "out-of-range",
    "exclusiveMaximum": "out-of-range",
}


def refuse(
    document: Document, keys: Iterable[str | int], code: str, message: str, fix: str = ""
) -> ContractError:
    """A ContractError at a key path of a document."""
    return ContractError(code, message, where=document.where(tuple(keys)), fix=fix)


def near_miss(word: Any, known: Iterable[str]) -> str:
    """`did you mean 'state'?`, or what is known where nothing is near."""
    names = sorted(known)
    if near := difflib.get_close_matches(str(word), names, n=1, cutoff=0.6):
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 20 else ""


def form_problems(document: Document, kind: Kind) -> list[ContractError]:
    """Everything in which a document is not of the form of its kind, in the order of the file.

    Missing keys come last: what is missing is often there, misspelt, and that error says so.
    """
    if quick_yes(kind)(document.value):
        return []
    errors = [
        problem
        for error in validator(kind).iter_errors(document.value)
        for problem in _problems(document, error)
    ]
    return sorted(errors, key=lambda error: (error.code == "missing-key", _position(error.where)))


def _position(where: str) -> tuple[int, int]:
    _, line, column = where.rsplit(":", 2)
    return int(line), int(column)


def _problems(document: Document, error: ValidationError) -> list[ContractError]:
    path = list(error.absolute_path)
    name = ".".join(str(key) for key in path) or "the file"
    keyword = str(error.validator)
    # The types of these attributes admit a value "unset" that an error from a validator never has.
    schema: Any = error.schema
    stated: Any = error.validator_value
    instance: Any = error.instance
    if keyword == "additionalProperties" and stated is False:
        known = schema["properties"]
        return [
            refuse(
                document,
                [*path, key],
                "unknown-key",
                f"the key {key!r} is not known in {name}",
                near_miss(key, known.keys() - instance.keys()),
            )
            for key in instance
            if key not in known
        ]
    if keyword == "required":
        # jsonschema reports each missing key by itself; the message begins with it, quoted.
        missing = next(key for key in stated if error.message.startswith(repr(key)))
        return [refuse(document, path, "missing-key", f"{name} has no {missing!r}", f"add {missing}")]
    if "propertyNames" in error.absolute_schema_path:
        message = f"the key {_shown(instance)} is not {schema['description']}"
        return [refuse(document, [*path, instance], "bad-form", message)]
    if keyword == "enum":
        choices = [str(choice) for choice in stated]
        message = f"{name} is {_shown(instance)}, not one of {', '.join(choices)}"
        near = difflib.get_close_matches(str(instance), choices, n=1)
        return [refuse(document, path, "not-one-of", message, f"did you mean {near[0]!r}?" if near else "")]
    code = _CODES.get(keyword, "bad-form")
    return [refuse(document, path, code, f"{name}: {_explain(keyword, error)}")]


def _explain(keyword: str, error: ValidationError) -> str:
    shown = _shown(error.instance)
    schema: Any = error.schema
    instance: Any = error.instance
    match keyword:
        case "type":
            wanted: Any = error.validator_value
            wanted = [wanted] if isinstance(wanted, str) else wanted
            if wanted == ["integer"] and is_integer(instance):
                return f"{shown} is written with a point; write {int(instance)}"
            return f"{shown} is not of type {' or '.join(wanted)}"
        case "pattern":
            return f"{shown} is not {schema['description']}"
        case "minLength" | "minItems" | "minProperties":
            return "is empty"
        case "maxLength":
            return f"has {len(instance)} characters, more than {error.validator_value}"
        case "uniqueItems":
            return f"{shown} lists something twice"
    return str(error.message)[:200]


def _shown(value: Any) -> str:
    """A value as it would be written in the file, cut at 80 characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"
