"""The JSON Schema (2020-12) of each kind of file in contracts/. `contracts/schema.json` is written from here.

It settles form: keys, types, spellings. What depends on probes, defects or other files is in `semantics`.
No `anyOf` or `oneOf`, so that an error always points at one key.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Literal

from jsonschema import Draft202012Validator

from .constraints import BOUNDS, COUNTS
from .defect import DEFECT_OF
from .language import STATES, SUBJECTS
from .probe import ARTIFACT_KINDS

Kind = Literal["contract", "host", "registration", "release"]

CRITERION_ID = r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$"
FILE_ID = r"^[a-z0-9]+([-.][a-z0-9]+)*$"
_NAME = r"^[a-z][a-z0-9_]*$"
_VERSION = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$"
_TYPES = ["number", "integer", "boolean", "string", "array"]

_TEXT = {"type": "string", "minLength": 1, "pattern": r"\S"}
_TITLE = {**_TEXT, "maxLength": 90, "pattern": r"^\S[^\n]*\S$"}
_TEXTS = {"type": "array", "items": _TEXT}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _reference(**plain: Any) -> dict[str, Any]:
    """A value, or `{registered: PATH}`."""
    types = plain.pop("type")
    return {
        **plain,
        "type": [*types, "object"],
        "required": ["registered"],
        "properties": {"registered": _TEXT},
        "additionalProperties": False,
    }


_CONSTRAINT = {
    **_object(
        [],
        type={"enum": _TYPES},
        const=_reference(type=["number", "boolean", "string", "array"]),
        enum={"type": "array", "minItems": 1, "uniqueItems": True},
        **{bound: _reference(type=["number"]) for bound in BOUNDS},
        **{count: {"type": "integer", "minimum": 0} for count in COUNTS},
        items={"$ref": "#/$defs/constraint"},
    ),
    "minProperties": 1,
}

_EXPECT = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": _NAME},
    "additionalProperties": {"$ref": "#/$defs/constraint"},
}

_PLANTED = _object(
    ["defect", "of", "red"],
    defect={"type": "string", "pattern": _NAME},
    of={"enum": list(DEFECT_OF)},
    red={"type": "string", "pattern": _NAME},
    on={"type": "string", "pattern": FILE_ID},
    **{"with": {"type": "object", "minProperties": 1}},
)

_ARTIFACT = {
    "type": ["string", "array"],
    "if": {"type": "string"},
    "then": {"enum": list(ARTIFACT_KINDS)},
    "items": {"enum": list(ARTIFACT_KINDS)},
    "minItems": 1,
    "uniqueItems": True,
}

_FALSIFIER = _object(
    ["id", "probe", "expect"],
    id={"type": "string", "pattern": CRITERION_ID},
    probe={"type": "string", "pattern": r"^[a-z][a-z0-9_]*@[1-9][0-9]*$"},
    **{"with": {"type": "object"}},
    needs={
        **_object([], host={"type": "string", "pattern": FILE_ID}, artifact=_ARTIFACT),
        "minProperties": 1,
    },
    limits={
        **_object(
            [],
            seconds={"type": "number", "exclusiveMinimum": 0},
            memory_bytes={"type": "integer", "minimum": 1},
            alone={"type": "boolean"},
        ),
        "minProperties": 1,
    },
    expect={"$ref": "#/$defs/expect"},
    accept={
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"type": "string", "pattern": _NAME},
    },
    message=_TEXT,
    planted={"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/planted"}},
)

_NAMES = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "minLength": 1}}

_CONTRACT = _object(
    ["id", "version", "state", "title", "statement", "why", "subject"],
    id={"type": "string", "pattern": CRITERION_ID},
    version={"type": "string", "pattern": _VERSION},
    state={"enum": list(STATES)},
    kind={"enum": ["compound"]},
    title=_TITLE,
    statement=_TEXT,
    why=_TEXT,
    subject={"enum": list(SUBJECTS)},
    applies={**_object([], format=_NAMES, architecture=_NAMES), "minProperties": 1},
    falsifiers={"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/falsifier"}},
    all_of={
        "type": "array",
        "minItems": 1,
        "uniqueItems": True,
        "items": {"type": "string", "pattern": CRITERION_ID},
    },
    changelog={
        "type": "array",
        "minItems": 1,
        "items": _object(
            ["version", "change"],
            version={"type": "string", "pattern": _VERSION},
            change=_TEXT,
            reason=_TEXT,
            approver=_TEXT,
        ),
    },
    notes=_TEXTS,
)

_HOST = _object(
    ["id", "title", "device", "expect"],
    id={"type": "string", "pattern": FILE_ID},
    title=_TITLE,
    device={"enum": ["cpu", "cuda"]},
    expect={"$ref": "#/$defs/expect"},
)

_SIZE = {"type": "integer", "minimum": 1}
_POSITIVE = {"type": "number", "exclusiveMinimum": 0}
_COUNTS = (
    "hidden_size",
    "num_layers",
    "num_heads",
    "num_kv_heads",
    "head_dim",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
)
_CONSTANTS: dict[str, Any] = {
    "architecture": {"type": "string", "pattern": r"^[a-z][a-z0-9_.-]*$"},
    **dict.fromkeys(_COUNTS, _SIZE),
    "rope_theta": _POSITIVE,
    "rms_norm_eps": _POSITIVE,
    "tied_embeddings": {"type": "boolean"},
    "attention_bias": {"type": "boolean"},
}

_REGISTRATION = _object(
    ["id", "title", "constants", "parameters", "licence"],
    id={"type": "string", "pattern": FILE_ID},
    title=_TITLE,
    constants=_object(list(_CONSTANTS), **_CONSTANTS),
    parameters=_object(["low", "high"], low=_SIZE, high=_SIZE),
    tokenizer=_object(["digest"], digest={"type": ["string", "null"], "pattern": r"^[0-9a-f]{64}$"}),
    licence={"type": "string", "pattern": r"^[a-z0-9][a-z0-9.+-]*$"},
    sources=_TEXTS,
    notes=_TEXTS,
)

_RELEASE = _object(
    ["id", "title", "demo", "registration", "weights"],
    id={"type": "string", "pattern": FILE_ID},
    title=_TITLE,
    demo={"type": "boolean"},
    registration={"type": "string", "pattern": FILE_ID},
    weights={
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": CRITERION_ID},
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": 100},
    },
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "The files of contracts/",
    "description": "Use #/$defs/contract for contracts/*.yaml, registration for models/, host for hosts/, "
    "release for releases/. Written by shipworthy from contract/schemas.py; do not edit.",
    "$ref": "#/$defs/contract",
    "$defs": {
        "contract": _CONTRACT,
        "host": _HOST,
        "registration": _REGISTRATION,
        "release": _RELEASE,
        "falsifier": _FALSIFIER,
        "planted": _PLANTED,
        "expect": _EXPECT,
        "constraint": _CONSTRAINT,
    },
}


def schema_text() -> str:
    """The bytes of `contracts/schema.json`, as text."""
    return json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"


@cache
def validator(kind: Kind) -> Draft202012Validator:
    """The prebuilt validator of one kind of file."""
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})
