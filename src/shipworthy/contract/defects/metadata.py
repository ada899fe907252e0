"""Constants and other fields that the metadata states."""

from __future__ import annotations

from ..defect import DefectOf, PlantedDefect

_KEY = {"type": "string"}
_APR: frozenset[DefectOf] = frozenset({"apr"})
_LLAMA = "fixture-llama"

DECLARED = (
    PlantedDefect(
        "metadata_key_missing",
        "A trainer writes weights and forgets a constant; every runtime then refuses or guesses.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"key": _KEY},
    ),
    PlantedDefect(
        "metadata_value_changed",
        "A constant is typed by hand, or taken from another size of the same model.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"key": _KEY, "value": {}},
    ),
    PlantedDefect(
        "metadata_alias_added",
        "A converter adds its own name of a field beside the one that is there, with another value.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"key": _KEY, "alias": _KEY},
    ),
)
