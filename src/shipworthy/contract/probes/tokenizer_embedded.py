"""tokenizer_embedded@1: whether vocabulary, merges and special ids are inside, and mean what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..probe import Probe, Quantity

_SPELLED_AS_SPECIAL = re.compile(r"<.+>|\[.+\]", re.DOTALL)


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Quantities of the vocabulary and of each id that is stated, as it is stated."""
    ids = list(_stated(raw["special_ids"]))
    whole = [(name, value) for name, value in ids if type(value) is int]
    vocabulary = raw["vocabulary"]
    return {
        "tensors": raw["tensors"],
        "tokenizer_embedded": vocabulary > 0,
        "tokenizer_rebuilds": raw["rebuilds"],
        "refusal": raw["refusal"] or "",
        "vocabulary": vocabulary,
        "merges": raw["merges"],
        "special_ids": [name for name, _ in ids],
        "ids_not_integers": [f"{name} is {value!r}" for name, value in ids if type(value) is not int],
        "ids_out_of_range": [
            f"{name} is {value}, outside 0..{vocabulary - 1}"
            for name, value in whole
            if not 0 <= value < vocabulary
        ],
        "false_zeros": [
            f"{name} is 0, which is {raw['first_token']!r}"
            for name, value in whole
            if value == 0 and not _is_special(raw)
        ],
    }


def _stated(special_ids: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Name and value of each id; a list, as of several end-of-text tokens, is each of its members."""
    for name, value in special_ids.items():
        if isinstance(value, list):
            yield from ((f"{name}[{index}]", item) for index, item in enumerate(value))
        else:
            yield name, value


def _is_special(raw: Mapping[str, Any]) -> bool:
    """Whether token 0 can be meant as a special one: an added token, or spelled as such."""
    first = raw["first_token"]
    return 0 in raw["added_ids"] or (first is not None and _SPELLED_AS_SPECIAL.fullmatch(first) is not None)


_COUNT = {"type": "integer", "minimum": 0}

PROBE = Probe(
    name="tokenizer_embedded@1",
    description="Reads vocabulary, merges and special ids as a checkpoint states them; builds the tokenizer.",
    parameters={},
    quantities={
        "tensors": Quantity("integer", "tensors in the file", minimum=0),
        "tokenizer_embedded": Quantity("boolean", "a vocabulary is inside"),
        "tokenizer_rebuilds": Quantity("boolean", "a tokenizer can be built from what is inside"),
        "refusal": Quantity("string", "why it cannot, else empty"),
        "vocabulary": Quantity("integer", "tokens of the vocabulary", minimum=0),
        "merges": Quantity("integer", "merges beside it", minimum=0),
        "special_ids": Quantity("array", "the special ids that are stated", items="string"),
        "ids_not_integers": Quantity("array", "a sentence per id that is no whole number", items="string"),
        "ids_out_of_range": Quantity("array", "a sentence per id outside the vocabulary", items="string"),
        "false_zeros": Quantity(
            "array", "a sentence per id that is 0 where token 0 is an ordinary one", items="string"
        ),
    },
    raw_schema={
        "type": "object",
        "required": [
            *("format", "tensors", "vocabulary", "merges", "first_token", "added_ids"),
            *("special_ids", "rebuilds", "refusal"),
        ],
        "additionalProperties": False,
        "properties": {
            "format": {"enum": ["apr", "gguf", "hf"]},
            "tensors": _COUNT,
            "vocabulary": _COUNT,
            "merges": _COUNT,
            "first_token": {"type": ["string", "null"]},
            "added_ids": {"type": "array", "items": {"type": "integer"}},
            "special_ids": {"type": "object"},
            "rebuilds": {"type": "boolean"},
            "refusal": {"type": ["string", "null"]},
        },
    },
    summarize=summarize,
)
