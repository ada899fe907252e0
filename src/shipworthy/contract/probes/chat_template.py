"""chat_template@1: conversations through the embedded chat template, beside what upstream's renders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...canonical import sha256_json
from ..probe import DATA_REFERENCE, Probe, Quantity

_SANDBOX = "ImmutableSandboxedEnvironment"


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A conversation counts once, whatever the receipt repeats; one that failed does not also differ."""
    rows = raw["renderings"]
    return {
        "tensors": raw["tensors"],
        "template_embedded": raw["template_sha256"] is not None,
        "rendered_in_sandbox": raw["child"] is not None and raw["child"]["sandbox"] == _SANDBOX,
        "network": raw["child"]["network"] if raw["child"] else "",
        "goldens_sha256": sha256_json(
            [[row["conversation"], row["golden_bytes"], row["golden_sha256"]] for row in rows]
        ),
        "conversations": len({row["conversation"] for row in rows}),
        "renderings_failed": [row["conversation"] for row in rows if row["error"]],
        "renderings_differ": list(_differ(rows)),
        "template_error": raw["refusal"] or next((row["error"] for row in rows if row["error"]), ""),
    }


def _differ(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if not row["error"] and (
            row["sha256"] != row["golden_sha256"]
            or row["bytes"] != row["golden_bytes"]
            or row["differs_at"] is not None
        ):
            yield f"{row['conversation']} at byte {row['differs_at']}"


_SHA256 = {"type": "string", "minLength": 64, "maxLength": 64}
_COUNT = {"type": "integer", "minimum": 0}

PROBE = Probe(
    name="chat_template@1",
    description=(
        "Renders every conversation with the chat template that the checkpoint embeds, in Jinja's sandbox, "
        "in a child process with limits on time, memory and output, and compares the UTF-8 bytes with those "
        "that upstream's template gives."
    ),
    parameters={"conversations": DATA_REFERENCE},
    quantities={
        "tensors": Quantity("integer", "tensors in the file", minimum=0),
        "template_embedded": Quantity("boolean", "the checkpoint holds a chat template"),
        "rendered_in_sandbox": Quantity("boolean", "the renderings come out of Jinja's immutable sandbox"),
        "network": Quantity("string", "cut, or why the template's process could reach one"),
        "goldens_sha256": Quantity(
            "string", "SHA-256 over id, length and digest of every rendering that upstream's template gives"
        ),
        "conversations": Quantity("integer", "conversations rendered or tried", minimum=0),
        "renderings_failed": Quantity(
            "array", "conversations that gave an error", items="string", among="conversations"
        ),
        "renderings_differ": Quantity(
            "array", "conversations rendered to other bytes", items="string", among="conversations"
        ),
        "template_error": Quantity("string", "the first error of the template, else empty"),
    },
    raw_schema={
        "type": "object",
        "required": ["tensors", "template_sha256", "refusal", "child", "renderings"],
        "additionalProperties": False,
        "properties": {
            "tensors": _COUNT,
            "template_sha256": {**_SHA256, "type": ["string", "null"]},
            "refusal": {"type": ["string", "null"]},
            "child": {
                "description": "what rendered; null where no process was started",
                "type": ["object", "null"],
                "required": ["network", "sandbox", "jinja2"],
                "additionalProperties": False,
                "properties": {name: {"type": "string"} for name in ("network", "sandbox", "jinja2")},
            },
            "renderings": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": [
                        "conversation",
                        "bytes",
                        "sha256",
                        "golden_bytes",
                        "golden_sha256",
                        "differs_at",
                        "error",
                    ],
                    "additionalProperties": False,
                    "properties": {
                        "conversation": {"type": "string"},
                        "bytes": _COUNT,
                        "sha256": {**_SHA256, "type": ["string", "null"]},
                        "golden_bytes": _COUNT,
                        "golden_sha256": _SHA256,
                        "differs_at": {**_COUNT, "type": ["integer", "null"]},
                        "error": {"type": "string"},
                    },
                },
            },
        },
    },
    summarize=summarize,
)
