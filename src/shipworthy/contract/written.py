"""JSON Schema as the files of contracts/ are held against it: a whole number is written without a point.

24 and 24.0 are one number, and one criterion hash; to Python only the first can count layers.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import extend


def is_written_integer(value: Any) -> bool:
    """Whether a value of a YAML file is a whole number that was written as one."""
    return isinstance(value, int) and not isinstance(value, bool)


WrittenValidator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]  # jsonschema has none
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: is_written_integer(value)
    ),
)
"""Draft 2020-12 to which 24.0 is no integer."""
