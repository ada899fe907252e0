"""What a summary says in words and keys: comparisons, bars, estimates, percentages, origins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..adapters.claims import credit_of
from ..dossier import Dossier, bound
from ..figures import NUMBER, comparisons, rounds_to, shown
from ..finding import Finding
from ..places import leaves, pointer
from ..receipt import number

_BARS = frozenset({"ceiling", "floor", "threshold", "target", "limit", "bound"})
_BAR_IN_KEY = re.compile(r"^(.+?)_(?:lt|le|gt|ge)_(\d+)(?:_(\d+))?$")
_CREDIT = re.compile(r"^(?:PASS|OK|YES|DISCHARGED|MET)\b", re.IGNORECASE)
_BAND = re.compile(rf"(?<![\d.])({NUMBER})\s*+[-\u2013]\s*+({NUMBER})\s++band\b")
_PRETRAINED = re.compile(
    r"\bpretrain(?:ed)?-only (?:checkpoint|ckpt|model)\b"
    r"|(?<=\bon )(?:the |an? |this |our )?pretrain(?:ed)?[- ](?:only|ckpt|checkpoint)\b",
    re.IGNORECASE,
)
"""As what was tried: `qa runs on the pretrained checkpoint`."""
_TRIED = re.compile(
    r"\b(?:runs?|ran|works?|loads?|pass(?:es|ed)?|fail(?:s|ed)?|tried|tested|measured)\b", re.IGNORECASE
)
_OF_ANOTHER = re.compile(
    r"\b(?:from|base[ds]?|baseline|init\w*|start\w*|compar\w*|than|vs|versus|against|upstream|another|other|also|too"
    r"|before|unlike|not|no|nor|never|as well)\b",
    re.IGNORECASE,
)
_STEPS = re.compile(
    r"(?<!every )(?<!each )(?<!per )(?<![\d.,\w-])(\d{1,3}(?:,\d{3})+|\d{1,18})[- ]steps?\b(?![- ]warm)",
    re.IGNORECASE,
)
_FINE_TUNE = re.compile(r"^fine-?tun", re.IGNORECASE)
_LOSSES = ("best_val_loss", "final_val_loss")


def false_comparisons(dossier: Dossier) -> Iterator[Finding]:
    """`4.71 < 5.36` where that is false, and no word beside it says so: `MISS (4.71 < 2.2)` is honest."""
    for receipt in dossier.of("summary"):
        for keys, value in leaves(receipt.document):
            if not isinstance(value, str) or credit_of(value) is False:
                continue
            for comparison in comparisons(value):
                if not comparison.holds:
                    what = f"says {comparison}, which is false"
                    yield Finding(
                        "comparison-false", receipt.file, pointer(*keys), str(comparison), False, what
                    )


def moved_bars(dossier: Dossier) -> Iterator[Finding]:
    """Credit for a bar below that of the criterion: of a loss, or of a band that begins at its bound."""
    for contract, falsifier in dossier.falsifiers("training_log"):
        limit = bound(falsifier, "validation_loss", "maximum")
        losses = [Decimal(fact.value) for name in _LOSSES for fact in dossier.raw(name)]
        if limit is None:
            continue
        for receipt in dossier.of("summary"):
            for keys, value in leaves(receipt.document):
                if not isinstance(value, str) or not _CREDIT.match(value):
                    continue
                moved = [
                    comparison.right
                    for comparison in comparisons(value)
                    if any(rounds_to(comparison.left, loss) for loss in losses)
                    and comparison.sign in ("<", "<=", "≤")
                    and comparison.right > limit
                ]
                bands = [Decimal(match[2]) for match in _BAND.finditer(value) if Decimal(match[1]) == limit]
                for right in moved + bands:
                    what = (
                        f"gives credit for a validation loss up to {shown(right)} ({value}); {contract.id} "
                        f"asks for {shown(limit)}"
                    )
                    yield Finding("bound-looser", receipt.file, pointer(*keys), right, limit, what)


def two_bars(dossier: Dossier) -> Iterator[Finding]:
    """One bar under one word, with two values."""
    for receipt in dossier.of("summary"):
        figures = [
            (keys, value) for keys, value in leaves(receipt.document) if keys and number(value) is not None
        ]
        for keys, _ in leaves(receipt.document):
            match = _BAR_IN_KEY.match(str(keys[-1])) if keys else None
            if match is None:
                continue
            tested = Decimal(f"{match[2]}.{match[3] or 0}")
            words = _BARS & set(match[1].split("_"))
            for other, value in figures:
                if words & set(str(other[-1]).split("_")) and "vs" not in str(other[-1]) and value != tested:
                    word = next(iter(words & set(str(other[-1]).split("_"))))
                    what = (
                        f"tests the {word} at {shown(tested)}; {pointer(*other)} states it as {shown(value)}"
                    )
                    yield Finding("two-bars", receipt.file, pointer(*keys), tested, value, what)


def estimates(dossier: Dossier) -> Iterator[Finding]:
    """Estimates among figures, with what the raw files add up to where they do."""
    for receipt in dossier.of("summary"):
        for keys, value in leaves(receipt.document):
            key = str(keys[-1]) if keys else ""
            if "estimate" not in key or number(value) is None or "pct" in key:
                continue
            minutes = dossier.raw("training_minutes") if "minute" in key else []
            found = minutes[0].value if minutes else None
            added = f"; the epochs of {minutes[0].file} add up to {shown(found)}" if minutes else ""
            what = f"{key} is an estimate, {shown(value)}, and no measurement{added}"
            yield Finding("estimate-not-measured", receipt.file, pointer(*keys), value, found, what)


def percentages(dossier: Dossier, proven: Decimal) -> Iterator[Finding]:
    """Ship percentages that are not the weights of what the receipts prove."""
    if dossier.release is None:
        return
    for receipt in dossier.of("summary"):
        for keys, value in leaves(receipt.document):
            if keys and "ship_pct" in str(keys[-1]) and number(value) is not None and value != proven:
                what = (
                    f"{keys[-1]} is {shown(value)}; the criteria of {dossier.release.id} that these receipts "
                    f"prove weigh {shown(proven)} of 100"
                )
                yield Finding("percentage-not-derived", receipt.file, pointer(*keys), value, proven, what)


def origins(dossier: Dossier) -> Iterator[Finding]:
    """A model called pretrained in one place whose run is a fine-tune in another."""
    for receipt in dossier.of("summary"):
        modes = [
            (keys, value)
            for keys, value in leaves(receipt.document)
            if keys and keys[-1] in ("mode", "training_mode")
        ]
        mode = next(((k, v) for k, v in modes if isinstance(v, str) and _FINE_TUNE.match(v)), None)
        for keys, value in leaves(receipt.document) if mode else ():
            match = _called_pretrained(value) if isinstance(value, str) else None
            if match is not None:
                assert mode is not None
                what = f"speaks of a {match[0]}, and {pointer(*mode[0])} is {mode[1]}"
                yield Finding("origin-contradicted", receipt.file, pointer(*keys), match[0], mode[1], what)


def _called_pretrained(text: str) -> re.Match[str] | None:
    """Where a text calls what was tried pretrained; a base, or what it is compared with, may well be."""
    for match in _PRETRAINED.finditer(text):
        before = re.split(r"[.;]", text[max(0, match.start() - 200) : match.start()])[-1]
        after = re.split(r"[.;,]", text[match.end() : match.end() + 40])[0]
        tried = match[0].lower().startswith(("pretrain-only", "pretrained-only")) or _TRIED.search(before)
        if tried and not _OF_ANOTHER.search(before) and not re.search(r"\b(?:too|also|as well)\b", after):
            return match
    return None


def titles(dossier: Dossier) -> Iterator[Finding]:
    """A title with a number of steps that were not made."""
    for receipt in dossier.of("summary"):
        document: dict[str, Any] = receipt.document
        made = next((Decimal(fact.value) for fact in receipt.all("steps")), None)
        for key in ("title", "name", "summary"):
            told = [
                (match[0], int(match[1].replace(",", "")))
                for match in _STEPS.finditer(str(document.get(key, "")))
            ]
            if made is None or not told or made in (*(steps for _, steps in told), sum(n for _, n in told)):
                continue
            words, steps = told[0]
            what = f"speaks of {words} in its {key}, and records {shown(made)} steps"
            yield Finding("title-contradicted", receipt.file, pointer(key), steps, made, what)
