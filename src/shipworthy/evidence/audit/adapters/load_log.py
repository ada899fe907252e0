"""What llama.cpp's tools, or `apr`, print while they load: devices, refusals, options they do not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from ..places import line
from ..receipt import Fact, Receipt, Refusal, Subject

_MARKS = re.compile(
    r"\b(llama_model_load\w*|llama_init\w*|ggml_\w*init|common_init_from_params|C-0\d: APR model)\b"
)
_PATH = re.compile(r"failed to load model,? '([^']+)'")
_DEVICE = re.compile(r"Device \d+: ([^,]+), compute capability")
_LABEL = re.compile(r"general\.architecture str\s+= (\S+)")
REFUSALS: tuple[tuple[int, str, re.Pattern[str]], ...] = (
    (0, "P0-D", re.compile(r"APR missing embedded tokenizer")),
    (0, "P0-E", re.compile(r"C-03: APR model missing '\w+' metadata")),
    (1, "P0-Q4K", re.compile(r"tensor '[^']*' has offset \d+, expected \d+")),
    (2, "P0-F", re.compile(r"unknown model architecture: '[^']*'")),
    (3, "P0-E", re.compile(r"key not found in model: \S+")),
    (4, "P0-D", re.compile(r"cannot find tokenizer \w+ in model file|unknown pre-tokenizer type: '[^']*'")),
    (
        5,
        "P0-G",
        re.compile(r"tensor '(?:token_embd|output)\.weight' has wrong shape; expected[\d, ]+, got[\d, ]*\d"),
    ),
    (
        5,
        "P0-H",
        re.compile(r"tensor '[^']*' has wrong shape; expected[\d, ]+, got[\d, ]*\d|missing tensor '[^']*'"),
    ),
    (6, "P0-H", re.compile(r"wrong number of tensors; expected \d+, got \d+")),
)
"""What a loader says, in the order in which llama.cpp checks (gguf.cpp, llama-model.cpp and
llama-model-loader.cpp), and the packaging criterion that it breaks. Those of `apr` come before any export.
"""
_EMBEDDING = re.compile(
    r"'token_embd\.weight' has wrong shape; expected\s+\d+,\s*(\d+),?.*?got\s+(\d+),\s*(\d+)"
)
_MOST = 100
"""A load ends at its first refusal: a text with more different ones is looked at no further."""
_LONGEST_LINE = 4096
_COUNT = re.compile(r"wrong number of tensors; expected (\d+), got (\d+)")


def recognises(text: str) -> bool:
    """Whether a text has a line of such a loader."""
    return _MARKS.search(text) is not None


def read(file: str, text: str) -> Receipt:
    """Its refusals, each once, and the figures in them."""
    lines = [" ".join(row[:_LONGEST_LINE].split()) for row in text.split("\n")]
    return Receipt(
        file,
        "load-log",
        lines,
        facts=tuple(islice(_facts(file, lines), _MOST)),
        refusals=tuple(islice(_refusals(file, lines), _MOST)),
        subjects=tuple(islice(_subjects(file, lines), _MOST)),
    )


def _refusals(file: str, lines: list[str]) -> Iterator[Refusal]:
    seen = set()
    for index, row in enumerate(lines, 1):
        for stage, invariant, pattern in REFUSALS:
            if match := pattern.search(row):
                if match[0] not in seen:
                    seen.add(match[0])
                    yield Refusal(invariant, stage, match[0], file, line(index))
                break


def _subjects(file: str, lines: list[str]) -> Iterator[Subject]:
    seen = set()
    for index, row in enumerate(lines, 1):
        if (match := _PATH.search(row)) and match[1] not in seen:
            seen.add(match[1])
            yield Subject(match[1], "", file, line(index))


def _facts(file: str, lines: list[str]) -> Iterator[Fact]:
    seen: set[tuple[str, Any]] = set()
    for index, row in enumerate(lines, 1):
        for quantity, value in _stated(row):
            if (quantity, value) not in seen:
                seen.add((quantity, value))
                yield Fact(quantity, value, file, line(index))


def _stated(row: str) -> Iterator[tuple[str, Decimal | str]]:
    if match := _EMBEDDING.search(row):
        yield from zip(
            ("tokenizer_tokens", "hidden_size", "vocab_size"), map(Decimal, match.groups()), strict=True
        )
    if match := _COUNT.search(row):
        yield from zip(("tensors", "tensors_used"), map(Decimal, match.groups()), strict=True)
    if match := _DEVICE.search(row):
        yield "device", match[1]
    if match := _LABEL.search(row):
        yield "architecture", match[1]
