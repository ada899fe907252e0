"""What logs refused: a wave of refusals, those that a summary leaves out, options that were not taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ..dossier import Dossier
from ..finding import Finding
from ..places import leaves, line
from ..receipt import Refusal

_OPTION = re.compile(
    r"(--[\w-]+) is not supported by|(?:invalid|unknown|unrecognized) (?:argument|option)s?:? '?(--?[\w-]+)"
)


def wave(dossier: Dossier) -> Iterator[Finding]:
    """Two refusals in two logs, the later of which a loader reaches only past the earlier."""
    for earlier, later in _waves(dossier):
        what = (
            f"{later.text}; in {earlier.file} at {earlier.place} the load ended before that check, with: "
            f"{earlier.text}. The first refusal hid the second, and nothing here shows that it is the last"
        )
        yield Finding("refusals-in-a-wave", later.file, later.place, earlier.text, later.text, what)


def _waves(dossier: Dossier) -> Iterator[tuple[Refusal, Refusal]]:
    refusals = sorted(_refusals(dossier), key=lambda refusal: refusal.stage)
    for earlier, later in pairwise(refusals):
        if earlier.stage < later.stage and earlier.file != later.file:
            yield earlier, later


def left_out(dossier: Dossier) -> Iterator[Finding]:
    """A refusal of a log that a summary, which speaks of another, does not mention."""
    refusals = list(_refusals(dossier))
    for receipt in dossier.of("summary"):
        text = "\n".join(" ".join(str(value).split()) for _, value in leaves(receipt.document))
        told = [refusal for refusal in refusals if _mentions(text, refusal)]
        for refusal in refusals if told else ():
            if refusal not in told:
                instead = told[0].invariant
                what = f"{refusal.text} ({refusal.invariant}): {receipt.file} tells of {instead}, not of this"
                yield Finding(
                    "refusal-left-out", refusal.file, refusal.place, told[0].text, refusal.text, what
                )


def _mentions(text: str, refusal: Refusal) -> bool:
    return refusal.text in text or re.search(rf"\b{re.escape(refusal.invariant)}\b", text) is not None


def options(dossier: Dossier) -> Iterator[Finding]:
    """An option that the tool did not take: what ran is not what was asked."""
    for receipt in dossier.of("load-log"):
        for index, row in enumerate(receipt.document, 1):
            if match := _OPTION.search(row):
                option = match[1] or match[2]
                what = f"the tool did not take {option}: what ran is not what was asked for ({row})"
                yield Finding("option-refused", receipt.file, line(index), option, row, what)


def _refusals(dossier: Dossier) -> Iterator[Refusal]:
    return (refusal for receipt in dossier.of("load-log") for refusal in receipt.refusals)
