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
from .quick_yes import Accepts, accepts
from .written import WrittenValidator

Kind = Literal["contract", "host", "registration", "release"]

_TYPES = ["number", "integer", "boolean", "string", "array"]


def _string(pattern: str, description: str, **more: Any) -> dict[str, Any]:
    """A string of a form; the description is what a message says was expected."""
    # Python's `$` also matches before a newline at the end; JSON Schema's does not.
    pattern = f"{pattern}(?!\\n)" if pattern.endswith("$") else pattern
    return {"type": "string", "pattern": pattern, "description": description, **more}


# ZZ- and ZY- mark the gates of compounds and batteries: of A-B and ZZ-A-B one would overwrite the other.
_CRITERION_ID = _string(
    r"^(?!Z[YZ]-)[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$",
    "an id in capitals, such as AC-SHIP2-009, that does not begin with ZZ- or ZY-",
    maxLength=80,
)
_FILE_ID = _string(r"^[a-z0-9]+([-.][a-z0-9]+)*$", "an id in small letters, such as rtx-4090", maxLength=80)
_NAME = _string(r"^[a-z][a-z0-9_]*$", "a name in small letters, such as max_kl_nats")
_VERSION = _string(
    r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$", "a version of three numbers, such as 1.0.0"
)
_PROBE = _string(r"^[a-z][a-z0-9_]*@[1-9][0-9]*$", "a probe with its version, such as llama_cpp_parity@2")
_SHA256 = _string(r"^[0-9a-f]{64}$", "a SHA-256 in small hex digits")
_TEXT = _string(r"\S", "a text", minLength=1)
_TITLE = _string(r"^\S([^\n]*\S)?$", "a text on one line", minLength=1, maxLength=90)
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
    "propertyNames": _NAME,
    "additionalProperties": {"$ref": "#/$defs/constraint"},
}

_PLANTED = _object(
    ["defect", "of", "red"],
    defect=_NAME,
    of={"enum": list(DEFECT_OF)},
    red=_NAME,
    on=_FILE_ID,
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
    id=_CRITERION_ID,
    probe=_PROBE,
    **{"with": {"type": "object"}},
    needs={
        **_object([], host=_FILE_ID, artifact=_ARTIFACT),
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
        "items": _NAME,
    },
    message=_TEXT,
    planted={"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/planted"}},
)

_NAMES = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "minLength": 1}}

_CONTRACT = _object(
    ["id", "version", "state", "title", "statement", "why", "subject"],
    id=_CRITERION_ID,
    version=_VERSION,
    state={"enum": list(STATES)},
    kind={"enum": ["compound", "battery"]},
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
        "items": _CRITERION_ID,
    },
    changelog={
        "type": "array",
        "minItems": 1,
        "items": _object(
            ["version", "change"],
            version=_VERSION,
            change=_TEXT,
            reason=_TEXT,
            approver=_TEXT,
        ),
    },
    notes=_TEXTS,
)

_APPROVALS = {
    "type": "array",
    "minItems": 1,
    "items": _object(["change", "reason", "approver"], change=_TEXT, reason=_TEXT, approver=_TEXT),
}
"""What a host, a registration or a release says of a loosening: it has no version to tie it to."""

_HOST = _object(
    ["id", "title", "device", "expect"],
    id=_FILE_ID,
    title=_TITLE,
    device={"enum": ["cpu", "cuda"]},
    expect={"$ref": "#/$defs/expect"},
    changelog=_APPROVALS,
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
    "architecture": _string(r"^[a-z][a-z0-9_.-]*$", "an architecture in small letters, such as llama"),
    **dict.fromkeys(_COUNTS, _SIZE),
    "rope_theta": _POSITIVE,
    "rms_norm_eps": _POSITIVE,
    "tied_embeddings": {"type": "boolean"},
    "attention_bias": {"type": "boolean"},
}

_REGISTRATION = _object(
    ["id", "title", "constants", "parameters", "licence"],
    id=_FILE_ID,
    title=_TITLE,
    constants=_object(list(_CONSTANTS), **_CONSTANTS),
    parameters=_object(["low", "high"], low=_SIZE, high=_SIZE),
    tokenizer=_object(["digest"], digest={**_SHA256, "type": ["string", "null"]}),
    licence=_string(r"^[a-z0-9][a-z0-9.+-]*$", "a licence in small letters, such as cc-by-4.0"),
    sources=_TEXTS,
    notes=_TEXTS,
    changelog=_APPROVALS,
)

_RELEASE = _object(
    ["id", "title", "demo", "registration", "weights"],
    id=_FILE_ID,
    title=_TITLE,
    demo={"type": "boolean"},
    registration=_FILE_ID,
    weights={
        "type": "object",
        "minProperties": 1,
        "propertyNames": _CRITERION_ID,
        "additionalProperties": {"type": "number", "minimum": 0, "maximum": 100},
    },
    changelog=_APPROVALS,
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


@cache
def registered_paths() -> frozenset[str]:
    """Everything that `{registered: PATH}` may point at."""
    keys = _REGISTRATION["properties"]
    nested = {
        f"{name}.{key}"
        for name in ("constants", "parameters", "tokenizer")
        for key in keys[name]["properties"]
    }
    return frozenset(nested | {"id", "licence"})


def schema_text() -> str:
    """The bytes of `contracts/schema.json`, as text."""
    return json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"


@cache
def quick_yes(kind: Kind) -> Accepts:
    """A function that is True only for a document that the validator of the kind would accept."""
    return accepts(SCHEMA["$defs"][kind], SCHEMA["$defs"])


@cache
def validator(kind: Kind) -> Draft202012Validator:
    """The prebuilt validator of one kind of file."""
    return WrittenValidator({"$ref": f"#/$defs/{kind}", "$defs": SCHEMA["$defs"]})
