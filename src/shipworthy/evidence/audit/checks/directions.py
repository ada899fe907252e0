"""Which way a gate's quantity is better, by the gate's name; where that does not say, nothing is said of it.

A name is taken word by word. One word more, as in `throughput_drop` or `perplexity_improvement`, may turn the
direction round, so such a name is of none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Direction:
    """`least`: more is better. `positive`: it is never below 0, so that a bound of 0 asks nothing."""

    least: bool
    positive: bool


_RATE = Direction(least=True, positive=True)
DIRECTIONS: dict[str, Direction] = {
    "throughput": _RATE,
    "tok/s": _RATE,
    "tokens/s": _RATE,
    "tok per s": _RATE,
    "tok per sec": _RATE,
    "tokens per s": _RATE,
    "tokens per sec": _RATE,
    "tokens per second": _RATE,
    "speedup": _RATE,
    "speed up": _RATE,
    "accuracy": _RATE,
    "exact match": _RATE,
    "pass rate": _RATE,
    "pass@1": _RATE,
    "cosine": Direction(least=True, positive=False),
    "perplexity": Direction(least=False, positive=True),
    "latency": Direction(least=False, positive=True),
    "latency ms": Direction(least=False, positive=True),
    "kl divergence": Direction(least=False, positive=False),
}
"""By the words of a name; docs/audit.md has the table."""
_PLAIN = """
decode prefill generation inference model gpu cpu cuda metal apr gguf ollama llama cpp vs sustained
median mean average min minimum max maximum p50 p95 p99 total overall single batch first token logit
logits similarity check gate test validation eval human final layer hidden embedding output sec
second
"""
PLAIN = frozenset(_PLAIN.split())
"""Words beside them that leave the direction as it is."""
_WORD = re.compile(r"[^\w/@]+|_+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def direction_of(name: str) -> Direction | None:
    """The direction that a gate's name states, or None where it states none, or two."""
    rest = " ".join(word for word in _WORD.split(_CAMEL.sub(" ", name[:200]).lower()) if word)
    found = set()
    for words, direction in sorted(DIRECTIONS.items(), key=lambda entry: -len(entry[0])):
        rest, times = re.subn(rf"(?<!\S){re.escape(words)}(?!\S)", " ", rest)
        if times:
            found.add(direction)
    return found.pop() if len(found) == 1 and set(rest.split()) <= PLAIN else None
