"""Figures: whether a quoted one is a rounding of a raw one, and what a sentence of figures says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

NUMBER = r"-?\d++(?:\.\d++)?"
"""Possessive, as every number in a pattern here: a text of a million digits is walked once."""
_FIGURE = r"-?(?:\d{1,3}(?:,\d{3})++|\d++)(?:\.\d++)?(?:[eE][+-]?\d{1,3}+)?"
"""As people write them: 1,200 and 3e5 are one number each."""
_COMPARISON = re.compile(
    rf"(?<![\w.,/-])({_FIGURE})(?![\w.,])\s*+(?:tok/s\s*+)?(<=|>=|<|>|≤|≥)\s*+({_FIGURE})(?![\w%]|[.,/:-]\d)"
)
"""What goes on before or after, as in `10ms`, `2.9.1` or `5%`, is no number by itself."""
_VERSIONED = re.compile(
    r"\b(?:versions?|needs|requires?|(?:py)?torch|python|cuda|numpy|transformers|tokenizers|gguf|safetensors"
    r"|driver|glibc|gcc|rustc?|llama\.cpp|apr|jax|triton|v)\W{0,3}(?:version )?\Z",
    re.IGNORECASE,
)
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
    """Every comparison of two numbers in a text; of two versions, `torch 2.9 < 2.10`, it is none."""
    for match in _COMPARISON.finditer(text):
        if not _VERSIONED.search(text, max(0, match.start() - 32), match.start()):
            left, right = (Decimal(match[side].replace(",", "")) for side in (1, 3))
            yield Comparison(left, match[2], right)


def shown(value: object) -> str:
    """A figure as a sentence shows it: nine digits at most."""
    if not isinstance(value, Decimal):
        return str(value)
    text = f"{value:.9g}" if value.adjusted() > -7 else f"{value:.3e}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text.lower() else text
