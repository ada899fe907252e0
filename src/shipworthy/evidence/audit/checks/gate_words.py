"""What a passed gate says of itself in its message: skipped, not applicable, of none, without a baseline.

A message is taken at its word only where it can mean nothing else. `0 unsupported ops in 291 tensors` and
`the first run and the second gave the same tokens` are results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..figures import FIGURE
from ..receipt import Gate, number

_SKIPPED = re.compile(
    r"^\W*(?:skipp(?:ed|ing)\b(?! \d)|skip\b(?=\s*(?:[:(\u2014-]|$)))(?!: ?0\b)", re.IGNORECASE
)
_NOT_APPLICABLE = re.compile(
    r"(?:^\W*|(?<!no )(?<!none )\b(?:check|gate|test|comparison|validation|verification|assertion)\b\W{1,3}"
    r"(?:(?:is|was|are) )?)"
    r"(?:not applicable|n/a|not supported|unsupported|not requested|not needed|not required)"
    r"(?=\W*$|[.,;(]| [\u2013\u2014-]| (?:for|on|because|since|here|in|with|without)\b)",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:match\w*|pass\w*|equal\w*|agree\w*|same|within|identical|verified|compared (?:with|to)|unchanged"
    r"|met|faster|slower|against|than|vs|all|every)\b|%",
    re.IGNORECASE,
)
"""Who reports one has looked at something."""
_LOOKED = re.compile(r"\b(?:compared|checked|tested|instead|found|absent|none|only|ok)\b", re.IGNORECASE)
_A_NUMBER = re.compile(r"(?<![\w.-])\d")
_NO_BASELINE = re.compile(
    r"^\W*first run(?=\W*$|\W+(?:no|nothing|baseline|saved|recorded|established)\b)"
    r"|\bno (?:earlier |previous |prior |stored )?baseline(?=\W*$|[.;:(]| [\u2013\u2014-]"
    r"| (?:yet|found|available|exists?|present|recorded|to compare)\b)",
    re.IGNORECASE,
)
_SAVED = re.compile(
    r"\bbaseline (?:is |was )?(?:established|saved|created)\b"
    r"(?! (?:on|by|at|in|from|of|with|earlier|before)\b)",
    re.IGNORECASE,
)
_COMPARES = re.compile(r"regress|drift|delta|compar|parity", re.IGNORECASE)
"""Gates by whose name a baseline that was only just saved is none; another may be there to save it."""
_OF = re.compile(r"(?<![\d.,/])(\d+) ?(?:of|/) ?(\d+)(?![\d.,/]\d)")
_THINGS = (
    r"(?:tensors?|prompts?|samples?|tests?|cases?|kernels?|pairs?|layers?|weights?|tokens?|documents?|questions?|rows?"
    r"|checks?|gates?|logits?|outputs?|positions?|sequences?|batches|parameters?)"
)
_OF_NONE = re.compile(
    rf"^(?:0|no|zero) (?:\w+ )?{_THINGS} (?:were |was )?"
    r"(?:(?:passed|checked|compared|tested|verified|scored|run|matched)(?=\W*$|\s*[.,;:(\u2014])"
    r"|passed (?=every|all|each))",
    re.IGNORECASE,
)
_GOOD_IF_NONE = re.compile(
    r"forbid|block|leak|secret|dupl|contamin|unexpected|toxic|unsafe|unus|bad|fail|err|wrong|invalid|corrupt|extra|miss"
    r"|\bno_",
    re.IGNORECASE,
)
_NONE_FOUND = re.compile(
    r"^no (?:evidence|attestations?|signatures?|receipts?) (?:was |were )?found\b", re.IGNORECASE
)
_HOLDS = re.compile(r"\b(?:policy|polic(?:y|ies) holds?|vacuous)\b", re.IGNORECASE)
_EXCEEDS = re.compile(
    rf"\b(?:diff\w*|error|deviation|drift|divergence|distance|kl)\b[^\d.;]{{0,20}}({FIGURE})(?![\w.])\s+"
    r"(?:exceeds|is above|is over)\s+(?:the )?(?:bound|limit|threshold|tolerance|maximum)?(?: of)?\s*"
    rf"({FIGURE})(?![\w%]|[.,]\d)",
    re.IGNORECASE,
)
_ON_PURPOSE = re.compile(
    r"plant|detect|inject|corrupt|mutat|fault|seed|sensitiv|\bnot?\b|never|expected|negative", re.IGNORECASE
)


def says_skipped(gate: Gate) -> bool:
    """`Skipped: no GPU`; `skipped: 0` is a count."""
    return _SKIPPED.match(gate.message) is not None


def says_not_applicable(gate: Gate) -> bool:
    """`Capability check not applicable`, with no result and no number of anything that was looked at."""
    message = gate.message
    found = _NOT_APPLICABLE.search(message)
    looked = any(pattern.search(message) for pattern in (_RESULT, _LOOKED, _A_NUMBER))
    return found is not None and not looked


def says_no_baseline(gate: Gate) -> bool:
    """`First run: baseline established`, with no result of a comparison."""
    saved = _SAVED.search(gate.message) is not None and _COMPARES.search(gate.name) is not None
    none = _NO_BASELINE.search(gate.message) is not None
    return (saved or none) and not _RESULT.search(gate.message)


def says_of_none(gate: Gate) -> bool:
    """`0 of 0 prompts matched`, `no tensors compared`, `no evidence found, policy holds`."""
    message = gate.message
    first = _OF.search(message)
    none = first is not None and int(first[1][:18]) == int(first[2][:18]) == 0
    vacuous = _NONE_FOUND.match(message) is not None and _HOLDS.search(f"{gate.name} {message}") is not None
    of_none = _OF_NONE.match(message) is not None and not _GOOD_IF_NONE.search(f"{gate.name} {message}")
    return none or vacuous or of_none


def says_exceeded(gate: Gate) -> tuple[Decimal, Decimal] | None:
    """`max diff 0.5 exceeds 0.001`: the difference and its bound, where the first is the greater.

    None where the gate may be one that looks for a fault which was made on purpose.
    """
    match = _EXCEEDS.search(gate.message)
    if match is None or _ON_PURPOSE.search(f"{gate.name} {gate.message}"):
        return None
    value, limit = (Decimal(side.replace(",", "")) for side in match.groups())
    return (value, limit) if value > limit else None


def keeps_no_value(gate: Gate, holder: Mapping[str, Any]) -> bool:
    """Whether a gate has a threshold, and no number besides: under no key, and none in its message."""
    if gate.threshold is None or gate.value is not None or re.search(r"\d", gate.message):
        return False
    others = (value for key, value in holder.items() if key not in ("threshold", "duration_ms"))
    return not any(number(value) is not None or isinstance(value, dict | list) for value in others)
