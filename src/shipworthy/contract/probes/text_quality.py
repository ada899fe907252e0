"""text_quality@1: whether what a checkpoint writes loops or is gibberish, and how it predicts real text."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from ..probe import DATA_REFERENCE, Probe, Quantity
from .repeated_rows import REPEATED, repeated

LONGEST_PERIOD = 16
"""Tokens of the longest cycle that counts as a loop."""
_LOOPS = 0.5
"""Of a continuation: so much of it at its end, going round, is a loop."""
_GIBBERISH = 0.05
"""Of the characters: more that no text has than this is gibberish."""
_NO_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Unicode's categories of control, unassigned, private and surrogate characters."""
_WHITE = frozenset("\n\r\t")
_REPLACEMENT = "\ufffd"
_SEEN = ("engine", "parameters_on", "cache_on", "parameters_dtype", "read_on", "read_dtype")
"""What decoded, where and in which dtype; `read_` is of the decoder that the losses come from."""


def summarize(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Over every row, also where a prompt has several: one that went well takes back none that did not.

    A continuation that ended at the eos token is not short; one of no tokens is empty.
    """
    rows = raw["continuations"]
    names = [row["prompt"] for row in rows]
    written = sum(len(row["tokens"]) for row in rows)
    losses = [row["nats"] for row in raw["texts"]]
    finite = bool(losses) and all(loss is not None and math.isfinite(loss) for loss in losses)
    read = sum(row["bytes"] for row in raw["texts"])
    return {
        "engine": raw["engine"],
        "device": _agreed([raw["parameters_on"], raw["cache_on"], raw["read_on"]]),
        "dtype": _agreed([raw["parameters_dtype"], raw["read_dtype"]]),
        "tokens_asked": raw["asked"],
        "prompts": len(set(names)),
        "repeated": repeated([*names, *(f"text {row['prompt']}" for row in raw["texts"])]),
        "distinct_continuations": min(
            len({tuple(row["tokens"]) for row in rows}), len({row["text"] for row in rows})
        ),
        "tokens_written": written / (raw["asked"] * len(rows)) if rows else None,
        "short": [s["prompt"] for s in rows if not s["ended"] and len(s["tokens"]) != raw["asked"]],
        "empty": [s["prompt"] for s in rows if not s["text"].strip()],
        "looping": [s["prompt"] for s in rows if loops(s["tokens"])],
        "gibberish": [s["prompt"] for s in rows if gibberish(s["text"])],
        "texts": len({row["prompt"] for row in raw["texts"]}),
        "finite": finite,
        "bits_per_byte": math.fsum(losses) / math.log(2) / read if finite and read else None,
    }


def _agreed(seen: Sequence[str]) -> str:
    return seen[0] if len(set(seen)) == 1 else "mixed"


def loops(tokens: Sequence[int]) -> bool:
    """Whether half of the tokens or more, at the end, go round in a cycle at least three times."""
    return any(
        going >= max(3 * period, _LOOPS * len(tokens))
        for period in range(1, min(LONGEST_PERIOD, len(tokens) // 3) + 1)
        if (going := _going_round(tokens, period))
    )


def _going_round(tokens: Sequence[int], period: int) -> int:
    """The length of the longest end of `tokens` in which each equals the one `period` before it."""
    same = 0
    while same + period < len(tokens) and tokens[-1 - same] == tokens[-1 - same - period]:
        same += 1
    return same + period if same else 0


def gibberish(text: str) -> bool:
    """Whether too many characters are none that a text has; one cut off at the end does not count."""
    whole = text.removesuffix(_REPLACEMENT)
    return sum(_no_text(character) for character in whole) > _GIBBERISH * len(whole)


def _no_text(character: str) -> bool:
    return character == _REPLACEMENT or (
        character not in _WHITE and unicodedata.category(character) in _NO_TEXT
    )


def _rows(**fields: Any) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "required": list(fields),
            "additionalProperties": False,
            "properties": fields,
        },
    }


PROBE = Probe(
    name="text_quality@1",
    description=(
        "Continues `count` prompts, spread evenly over the file, by `tokens` greedy tokens in our decoder on "
        "the CPU in float32, and looks for loops and for characters that no text has; and measures how many "
        "bits a byte the checkpoint needs for the prompts themselves."
    ),
    parameters={
        "prompts": DATA_REFERENCE,
        "count": {"type": "integer", "minimum": 1, "maximum": 10000},
        "tokens": {"type": "integer", "minimum": 8, "maximum": 4096},
    },
    quantities={
        "engine": Quantity("string", "what decoded"),
        "device": Quantity("string", "where weights and cache were seen to lie; mixed if in several places"),
        "dtype": Quantity("string", "dtype in which the weights were seen, torch's name; mixed if several"),
        "tokens_asked": Quantity(
            "integer", "tokens of a continuation, where the eos token ends it not", minimum=0
        ),
        "prompts": Quantity("integer", "different prompts that were continued", minimum=0),
        "repeated": REPEATED,
        "distinct_continuations": Quantity(
            "integer", "different continuations, by tokens and by text", minimum=0
        ),
        "tokens_written": Quantity(
            "number", "tokens written, of those asked for", unit="1", minimum=0, among="prompts"
        ),
        "short": Quantity(
            "array",
            "continuations with another number of tokens than was asked for, and no eos",
            items="string",
            among="prompts",
        ),
        "empty": Quantity(
            "array", "continuations without a visible character", items="string", among="prompts"
        ),
        "looping": Quantity(
            "array",
            f"continuations of which half or more goes round in at most {LONGEST_PERIOD} tokens",
            items="string",
            among="prompts",
        ),
        "gibberish": Quantity(
            "array",
            "continuations with more than one character in twenty that no text has",
            items="string",
            among="prompts",
        ),
        "texts": Quantity("integer", "different texts that were read", minimum=0),
        "finite": Quantity("boolean", "every loss is finite, and there is one"),
        "bits_per_byte": Quantity(
            "number", "mean surprise at the texts", unit="bit/byte", minimum=0, among="texts"
        ),
    },
    raw_schema={
        "type": "object",
        "required": ["asked", *_SEEN, "continuations", "texts"],
        "additionalProperties": False,
        "properties": {
            "asked": {"type": "integer", "minimum": 1},
            **{name: {"type": "string"} for name in _SEEN},
            "continuations": _rows(
                prompt={"type": "string"},
                tokens={"type": "array", "items": {"type": "integer", "minimum": 0}},
                text={"type": "string"},
                ended={"type": "boolean"},
            ),
            "texts": _rows(
                prompt={"type": "string"},
                bytes={"type": "integer", "minimum": 1},
                nats={"type": ["number", "null"]},
            ),
        },
    },
    summarize=summarize,
    samples=frozenset({"count", "tokens"}),
)
