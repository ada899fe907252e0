"""The shape of a bundle's predicate: a dispatch with its criteria, or a subject refused at the door."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from ..contract.quick_yes import Accepts, accepts

_TEXT = {"type": "string"}
_DIGEST = {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"}
_DIGESTS = {"type": "object", "additionalProperties": _DIGEST}
_OUTCOMES = ["PASS", "FAIL", "INCONCLUSIVE", "UNMEASURABLE", "ERROR", None]


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


_FALSIFIER = _object(
    {
        "falsifier": _TEXT,
        "outcome": {"enum": _OUTCOMES},
        "reason": {"type": ["string", "null"]},
        "detail": _TEXT,
        "measurement": {"type": ["string", "null"]},
        "checks": {"type": "array", "items": _object({"quantity": _TEXT, "outcome": {"enum": _OUTCOMES}})},
    },
    "measurement",
    "checks",
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
        "proof": _object({"valid": {"type": "boolean"}, "problem": _TEXT}),
        "falsifiers": {"type": "array", "items": _FALSIFIER},
    }
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
        "information": {"type": "object"},
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
        "refused": _object({"code": _TEXT, "message": _TEXT}),
        "criteria": {"type": "array", "maxItems": 0},
        "files": _DIGESTS,
    },
    "tool",
    "finished",
    "release",
    "files",
)


@cache
def _quick() -> tuple[Accepts, Accepts]:
    return accepts(_DISPATCH, {}), accepts(_REFUSAL, {})


@cache
def _validators() -> tuple[Draft202012Validator, Draft202012Validator]:
    return Draft202012Validator(_DISPATCH), Draft202012Validator(_REFUSAL)


def predicate_problem(predicate: Any) -> str:
    """Where a predicate is not of its shape, or an empty string where it is."""
    kind = int(isinstance(predicate, dict) and "refused" in predicate)
    if _quick()[kind](predicate):
        return ""
    validator = _validators()[kind]
    for error in validator.iter_errors(predicate):
        place = "/".join(str(key) for key in error.absolute_path) or "predicate"
        return f"{place}: {error.message[:200]}"
    return ""
