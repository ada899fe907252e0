"""Parts of a tokenizer's JSON: what is wrong with one, said in words that need no Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from .tokenizer import AddedToken

_FIELDS = {field.name: field.default is MISSING for field in fields(AddedToken)}
"""Whether each must be stated."""


def added_token(stated: Any) -> AddedToken:
    """One added token. Raises ValueError; the types of its fields are for `checked` to refuse."""
    if not isinstance(stated, Mapping):
        raise ValueError(f"an added token is {stated!r:.60}, not an object")
    for name in stated:
        if name not in _FIELDS:
            raise ValueError(f"an added token states {name!r:.60}, which is no field of one")
    for name, needed in _FIELDS.items():
        if needed and name not in stated:
            raise ValueError(f"the added token {stated.get('content')!r:.60} has no {name!r}")
    return AddedToken(**stated)


def said(error: Exception) -> str:
    """What an exception of reading JSON says of it; a ValueError is one of ours and says it itself."""
    if isinstance(error, KeyError):
        return f"{error.args[0]!r:.60} is missing"
    if isinstance(error, AttributeError):
        return f"there is {error.obj!r:.60} where an object is due"
    if isinstance(error, TypeError):
        return "a value is of another type than is due there"
    return str(error)
