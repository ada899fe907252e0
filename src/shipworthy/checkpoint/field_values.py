"""Values of metadata fields from the text of a command line, typed by their field."""

from __future__ import annotations

import json
from typing import Any

from ..architecture import ALIASES
from ..canonical import strict_loads
from ..errors import UsageError
from .apr_format import FIELD_ORDER

_OBJECTS = ("quantization", "sharding", "special_tokens")
_NUMBERS = ("rope_theta", "rms_norm_eps")
_WHOLE = (
    *("total_size", "param_count", "hidden_size", "num_layers", "num_heads", "num_kv_heads", "vocab_size"),
    *("intermediate_size", "max_position_embeddings", "rope_type", "head_dim", "num_experts"),
    *("num_experts_per_tok", "moe_intermediate_size"),
)
_NOT_BY_HAND = ("tokenizer.", "shipworthy.")

FIELD_OF_ALIAS = {alias: field for field, aliases in ALIASES.items() for alias in aliases}


def assignment(text: str, *, custom: bool) -> tuple[str, Any]:
    """`key=value` as a field of `.apr` and its value: whole numbers, numbers, JSON objects, or text.

    An alias becomes its field. A field that the format does not know needs `custom`; its value is JSON where
    it reads as such, else text. Raises UsageError bad-assignment, unknown-field, reserved-field, bad-value.
    """
    key, separator, written = text.partition("=")
    key = key.strip()
    if not separator or not key:
        raise UsageError("bad-assignment", f"{text!r:.80} is not key=value", fix="write --set license=mit")
    field = FIELD_OF_ALIAS.get(key, key)
    require_writable(field)
    if field not in FIELD_ORDER and not custom:
        message = f"{field!r} is no field that the format knows"
        raise UsageError("unknown-field", message, fix="correct its name, or add --custom")
    return field, _value(field, written)


def require_writable(field: str) -> None:
    """Raises UsageError reserved-field for what is never set or unset by hand."""
    if field == "created_at":
        message = "created_at would make two equal runs write different bytes"
        raise UsageError("reserved-field", message, fix="leave it out")
    if field.startswith(_NOT_BY_HAND):
        message = f"{field!r} is written by this program and not by hand"
        raise UsageError("reserved-field", message, fix="use --tokenizer for a tokenizer")


def _value(field: str, written: str) -> Any:
    if field in _WHOLE:
        value, wanted = _json(written), "a whole number"
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif field in _NUMBERS:
        value, wanted = _json(written), "a number"
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif field in _OBJECTS:
        value, wanted = _json(written), "a JSON object"
        fits = isinstance(value, dict)
    elif field in FIELD_ORDER:
        value, wanted, fits = written, "text that is not empty", bool(written)
    else:
        value, wanted, fits = _json(written, written), "a value; --unset takes a field away", True
    if not fits or value is None:
        raise UsageError("bad-value", f"{field} is {written!r:.80}, not {wanted}")
    return value


def _json(written: str, otherwise: Any = None) -> Any:
    """The strict JSON value that a text is, or `otherwise`."""
    try:
        value = strict_loads(written)
        json.dumps(value, allow_nan=False)
    except ValueError:
        return otherwise
    return value
