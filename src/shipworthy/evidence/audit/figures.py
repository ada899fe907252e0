"""Figures: whether a quoted one is a rounding of a raw one, and what a sentence of figures says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

NUMBER = r"-?\d++(?:\.\d++)?"
"""Possessive, as every number in a pattern here: a text of a million digits is walked once."""
FIGURE = r"-?(?:\d{1,3}(?:,\d{3})++|\d++)(?:\.\d++)?(?:[eE][+-]?\d{1,3}+)?"
"""As people write them: 1,200 and 3e5 are one number each."""
_COMPARISON = re.compile(
    rf"(?<![\w.,/-])({FIGURE})(?![\w.,])\s*+(?:tok/s\s*+)?(<=|>=|<|>|≤|≥)\s*+({FIGURE})(?![\w%]|[.,/:-]\d)"
)
"""What goes on before or after, as in `10ms`, `2.9.1` or `5%`, is no number by itself."""
_VERSIONED = re.compile(
    r"\b(?:versions?|needs|requires?|(?:py)?torch|python|cuda|numpy|transformers|tokenizers|gguf|safetensors"
    r"|driver|glibc|gcc|rustc?|llama\.cpp|apr|jax|triton|v)\W{0,3}(?:version )?\Z",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?(?:[kKMGTP]i?B?|bytes?|bits?|[nmuµ]?s|secs?|seconds?|min|minutes?|h|hours?|days?|weeks?|months?|years?"
    r"|percent|thousand|million|billion|times|x|kB/s|[MG]B/s|ktok/s|\d{3})(?![\w/])"
    r"|\s?[-+*/\u00d7\u00b7^]\s*[\d(]",
)
"""After the right side: a unit that the left does not state, a blank within a number, or arithmetic."""
_WITHIN = re.compile(r"\d[ \u00a0\u202f]\Z|[\d)]\s*[-+*/\u00d7\u00b7^]\s*\Z")
"""Before the left side: the rest of a number that is written with blanks, or arithmetic."""
_IF = re.compile(
    r"\b(?:if|when|while|whether|unless|until|were|would|should|must|goal|wants?)\b[^.;]*\Z", re.IGNORECASE
)
"""A condition is not stated to be met."""
_HOLDS = {
    "<": Decimal.__lt__,
    ">": Decimal.__gt__,
    "<=": Decimal.__le__,
    ">=": Decimal.__ge__,
    "≤": Decimal.__le__,
    "≥": Decimal.__ge__,
}
RELATIVE = Decimal("1e-6")
"""What separates two computations of one figure by clocks that tick in nanoseconds, and no more."""


def rounds_to(quoted: Decimal | int, raw: Decimal | int) -> bool:
    """Whether `quoted` is `raw` at the precision of its text: 3.07 is 3.074281, 325.1 is not 325.2."""
    shown = Decimal(quoted)
    exponent = shown.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1) if isinstance(quoted, Decimal) else Decimal("0.5")
    return abs(shown - Decimal(raw)) <= half


def agrees(stated: Decimal | int, computed: Decimal | int) -> bool:
    """Whether a stated figure is the computed one: as a rounding of it, or within a millionth."""
    return rounds_to(stated, computed) or abs(Decimal(stated) - computed) <= RELATIVE * abs(Decimal(computed))


@dataclass(frozen=True)
class Comparison:
    """`4.71 < 5.36` within a sentence."""

    left: Decimal
    sign: str
    right: Decimal

    @property
    def holds(self) -> bool:
        """Whether it is true."""
        return bool(_HOLDS[self.sign](self.left, self.right))

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


def comparisons(text: str) -> Iterator[Comparison]:
    """Every comparison of two numbers in a text; of versions, other units or conditions it is none."""
    for match in _COMPARISON.finditer(text):
        before = text[max(0, match.start() - 32) : match.start()]
        if not any(pattern.search(before) for pattern in (_VERSIONED, _WITHIN, _IF)) and not _UNIT.match(
            text, match.end()
        ):
            left, right = (Decimal(match[side].replace(",", "")) for side in (1, 3))
            yield Comparison(left, match[2], right)


def shown(value: object) -> str:
    """A figure as a sentence shows it: nine digits at most."""
    if not isinstance(value, Decimal):
        return str(value)
    text = f"{value:.9g}" if value.adjusted() > -7 else f"{value:.3e}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text.lower() else text
