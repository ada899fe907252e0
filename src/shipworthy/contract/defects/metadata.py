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
    PlantedDefect(
        "metadata_value_null",
        "A configuration object with None in it is serialised as it is: the key is there, the value is not.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"key": _KEY},
    ),
    PlantedDefect(
        "metadata_value_as_text",
        "A constant passes through a command line or an environment variable and stays a string.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"key": _KEY},
    ),
    PlantedDefect(
        "metadata_value_as_fraction",
        "A size is computed by a division that does not come out even, and nobody rounds it.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"key": _KEY},
    ),
    PlantedDefect(
        "metadata_value_off_by_one",
        "A count is taken as the highest index or the reverse; a rotary base is edited in its last digit.",
        of=_APR,
        fixture=_LLAMA,
        parameters={"key": _KEY},
    ),
    PlantedDefect(
        "head_counts_exchanged",
        "num_heads and num_kv_heads are passed by position, in the other order.",
        of=_APR,
        fixture=_LLAMA,
    ),
    PlantedDefect(
        "widths_exchanged",
        "hidden_size and intermediate_size are passed by position, in the other order.",
        of=_APR,
        fixture=_LLAMA,
    ),
)
