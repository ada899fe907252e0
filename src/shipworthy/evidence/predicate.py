"""The shape of a bundle's predicate: a dispatch with its criteria, or a subject refused at the door.

A key that is not known is refused, which in-toto leaves to the reader: nobody derives what it says, and
somebody may believe it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from ..contract.quick_yes import Accepts, accepts

_TEXT = {"type": "string"}
_DIGEST = {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"}
_DIGESTS = {"type": "object", "additionalProperties": _DIGEST}
_DEEPEST = 64
_OUTCOMES = ["PASS", "FAIL", "INCONCLUSIVE", "UNMEASURABLE", "ERROR", None]


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


_FALSIFIER = _object(
    {
        "falsifier": _TEXT,
        "outcome": {"enum": _OUTCOMES},
        "reason": {"type": ["string", "null"]},
        "detail": _TEXT,
        "measurement": {"type": ["string", "null"]},
        "checks": {
            "type": "array",
            "items": _object(
                {
                    "quantity": _TEXT,
                    "outcome": {"enum": _OUTCOMES},
                    "constraint": {},
                    "found": {},
                    "message": _TEXT,
                },
                "constraint",
                "found",
                "message",
            ),
        },
        "quantities": {"type": "object"},
        "contract": _TEXT,
        "criterion": _TEXT,
        "registration": _TEXT,
        "subject": _TEXT,
    },
    "measurement",
    "checks",
    "quantities",
    "contract",
    "criterion",
    "registration",
    "subject",
)
_CRITERION = _object(
    {
        "id": _TEXT,
        "criterion": _DIGEST,
        "verdict": {"enum": ["DISCHARGED", "BLOCKED"]},
        "reasons": {"type": "array", "items": _TEXT},
        "in_scope": {"type": "boolean"},
        "functional": {"type": "boolean"},
        "stale": _TEXT,
        "proof": _object({"valid": {"type": "boolean"}, "problem": _TEXT, "planted": _TEXT}, "planted"),
        "falsifiers": {"type": "array", "items": _FALSIFIER},
        "title": _TEXT,
        "version": _TEXT,
    },
    "title",
    "version",
)
_FOUND = _object({"constants": {"type": "object"}, "parameters": {"type": "integer"}, "tokenizer": _TEXT})
_RELEASE = _object(
    {
        "id": _TEXT,
        "title": _TEXT,
        "demo": {"type": "boolean"},
        "weights": {
            "type": "array",
            "items": _object({"criterion": _TEXT, "weight": {"type": "number", "minimum": 0}}),
        },
    }
)
_BENCH = {
    "type": "object",
    "properties": {
        "median_tokens_per_second": {"type": "number", "minimum": 0},
        "device": {"type": "object", "properties": {"type": _TEXT}, "required": ["type"]},
        "dtype": _TEXT,
        "iterations": {"type": "integer", "minimum": 1},
        "max_tokens": {"type": "integer", "minimum": 1},
        "samples": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "seconds": {"type": "number", "exclusiveMinimum": 0},
                    "tokens": {"type": "integer", "minimum": 0, "maximum": 2**53},
                },
                "required": ["seconds", "tokens"],
            },
        },
    },
    "required": ["median_tokens_per_second", "device", "dtype", "iterations", "max_tokens", "samples"],
}
"""What is shown of the recipe's bench; what else `bench` says lies beside it, and is shown by nothing."""
_TOOL = _object({"name": _TEXT, "version": _TEXT})
_DISPATCH = _object(
    {
        "tool": _TOOL,
        "signature": _TEXT,
        "started": _TEXT,
        "finished": _TEXT,
        "release": _RELEASE,
        "registration": _object({"id": _TEXT, "sha256": _DIGEST}),
        "subject": _object(
            {
                "name": _TEXT,
                "format": _TEXT,
                "architecture": _TEXT,
                "sha256": _DIGEST,
                "unregistered": {"type": "array", "items": _TEXT},
                "found": _FOUND,
                "at_end": {"type": ["string", "null"]},
            },
            "format",
            "architecture",
            "found",
            "at_end",
        ),
        "criteria": {"type": "array", "items": _CRITERION},
        "not_written": {"type": "array", "items": _TEXT},
        "drafts": {"type": "array", "items": _TEXT},
        "allowed_blocked": {"type": "array", "items": _object({"criterion": _TEXT, "reason": _TEXT})},
        "information": _object({"bench": _BENCH}, "bench"),
        "files": _DIGESTS,
        "inputs": _object({"data": _DIGESTS, "registrations": _DIGESTS}),
    },
    "tool",
    "finished",
    "drafts",
    "files",
    "inputs",
)
_REFUSAL = _object(
    {
        "tool": _TOOL,
        "signature": _TEXT,
        "started": _TEXT,
        "finished": _TEXT,
        "release": {"type": ["string", "null"]},
        "subject": _object({"name": _TEXT, "sha256": _DIGEST}),
        "refused": _object(
            {"code": _TEXT, "message": _TEXT, "offset": {"type": ["integer", "null"]}}, "offset"
        ),
        "criteria": {"type": "array", "maxItems": 0},
        "files": _DIGESTS,
    },
    "tool",
    "finished",
    "release",
    "files",
)


def _deeper_than(levels: int, value: Any) -> bool:
    """Level by level: what walks a value by calling itself would end before it could say so."""
    here = [value]
    for _ in range(levels):
        here = [
            inner
            for outer in here
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not here:
            return False
    return True


@cache
def _quick() -> tuple[Accepts, Accepts]:
    return accepts(_DISPATCH, {}), accepts(_REFUSAL, {})


@cache
def _validators() -> tuple[Draft202012Validator, Draft202012Validator]:
    return Draft202012Validator(_DISPATCH), Draft202012Validator(_REFUSAL)


def predicate_problem(predicate: Any) -> str:
    """Where a predicate is not of its shape, or an empty string where it is."""
    if _deeper_than(_DEEPEST, predicate):
        return f"predicate: nests deeper than {_DEEPEST} levels"
    kind = int(isinstance(predicate, dict) and "refused" in predicate)
    if _quick()[kind](predicate):
        return ""
    validator = _validators()[kind]
    for error in validator.iter_errors(predicate):
        place = "/".join(str(key) for key in error.absolute_path) or "predicate"
        return f"{place}: {error.message[:200]}"
    return ""
