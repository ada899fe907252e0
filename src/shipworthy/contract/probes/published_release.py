"""published_release@2: whether what a release says it published can be fetched, and is what was on trial.

As published_release@1, and tokenizer and config are held against the subject as its weights are: one that
agrees with its manifest may be that of another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..probe import Probe, Quantity
from . import published_release_1 as earlier

DESCRIBED = ("tokenizer", "config")
"""The kinds of files that `shipworthy publish` writes from the subject."""


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The quantities of published_release@1, and which tokenizer and config are not the subject's."""
    expected = {(role, sha256): name for role in DESCRIBED for name, sha256 in raw["described"][role].items()}
    asked = [file for file in raw["files"] if file["role"] in DESCRIBED and file["role"] in raw["roles"]]
    there = {(file["role"], file["sha256"]) for file in asked if earlier.came(file)}
    return {
        **earlier.summarize(raw),
        "described": sum(map(len, raw["described"].values())),
        "foreign": [file["name"] for file in asked if (file["role"], file["sha256"]) not in expected],
        "described_not_published": [name for key, name in expected.items() if key not in there],
    }


_DIGESTS = {"type": "object", "additionalProperties": {"type": "string"}}
_RAW = {
    **earlier.RAW,
    "described": {
        "type": "object",
        "required": list(DESCRIBED),
        "additionalProperties": False,
        "properties": dict.fromkeys(DESCRIBED, _DIGESTS),
    },
}

PROBE = Probe(
    name="published_release@2",
    description=(
        "Fetches the manifest of a release and every file that it names from where they are published, and "
        "takes the digest of each, the addresses that answered, and the digests of the tokenizer and config "
        "that `publish` writes for the subject."
    ),
    parameters=earlier.PARAMETERS,
    quantities={
        **earlier.QUANTITIES,
        "described": Quantity(
            "integer", "files of tokenizer and config that `publish` writes for the subject", minimum=0
        ),
        "foreign": Quantity(
            "array",
            "published files of tokenizer and config that are none of these",
            items="string",
            among="files",
        ),
        "described_not_published": Quantity(
            "array", "those that no published file of their kind equals", items="string", among="described"
        ),
    },
    raw_schema={
        "type": "object",
        "required": list(_RAW),
        "additionalProperties": False,
        "properties": _RAW,
    },
    summarize=summarize,
    artifacts=frozenset({"release"}),
    samples=frozenset({"roles"}),
)
