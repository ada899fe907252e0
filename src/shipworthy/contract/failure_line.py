"""How a constraint, a found value and a contract's own `message:` read on the line of a failure."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

_SIGNS = {
    "minimum": ">=",
    "maximum": "<=",
    "exclusiveMinimum": ">",
    "exclusiveMaximum": "<",
    "const": "=",
    "enum": "one of",
    "minItems": "items >=",
    "maxItems": "items <=",
    "type": "type",
}


def describe(constraint: Mapping[str, Any]) -> str:
    """A constraint in words: `>= 100`, `= true`, `items <= 0`."""
    parts = []
    for keyword, value in constraint.items():
        if keyword == "items" and isinstance(value, Mapping):
            parts.append(f"every item {describe(value)}")
        else:
            parts.append(f"{_SIGNS.get(keyword, keyword)} {shorten(value)}")
    return " and ".join(parts)


def shorten(value: Any) -> str:
    """A value as a message shows it: intervals as [low, high], long things cut at 120 characters."""
    if isinstance(value, Mapping) and {"low", "high"} <= value.keys():
        return f"[{value['low']}, {value['high']}] (level {value.get('level')}, n = {value.get('n')})"
    if isinstance(value, Mapping) and set(value) == {"registered"}:
        return f"the registered {value['registered']}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        inner = ", ".join(shorten(item) for item in value[:8]) + (", …" if len(value) > 8 else "")
        text = f"[{inner}]"
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 120 else text[:119] + "…"


def message_fields(template: str) -> tuple[tuple[str, int | None], ...]:
    """The fields of a failure line: (quantity, index or None). Raises ValueError for any other form.

    Only `{quantity}` and `{quantity[0]}` are admitted, so a template can reach nothing but quantities.
    """
    fields: list[tuple[str, int | None]] = []
    for _, name, spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        quantity, bracket, rest = name.partition("[")
        index = rest.removesuffix("]")
        well_formed = quantity.isidentifier() and (not bracket or (rest.endswith("]") and index.isdecimal()))
        if spec or conversion or not well_formed:
            raise ValueError(f"{{{name}}} is neither {{quantity}} nor {{quantity[0]}}")
        fields.append((quantity, int(index) if bracket else None))
    return tuple(fields)


def render_message(template: str, quantities: Mapping[str, Any]) -> str | None:
    """The failure line that a contract asks for, or None where a field it names has no value."""
    for quantity, index in message_fields(template):
        value = quantities.get(quantity)
        if value is None or (index is not None and not (isinstance(value, list) and index < len(value))):
            return None
    shown = {name: ", ".join(map(str, v)) if isinstance(v, list) else v for name, v in quantities.items()}
    parts: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            quantity, bracket, rest = name.partition("[")
            parts.append(str(quantities[quantity][int(rest[:-1])] if bracket else shown[quantity]))
    return "".join(parts)
