"""Summaries against the raw files beside them: figures quoted, error messages, explanations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..adapters.summary import quoted_gates
from ..dossier import Dossier
from ..figures import agrees, rounds_to, shown
from ..finding import Finding
from ..places import leaves, objects, pointer
from ..receipt import Fact, Receipt, number
from .excuses import explains_away

_MOST_SHOWN = 5
_MOST_NAMED = 32
"""Gates of which one text is asked whether it excuses them."""
_ERRORS = ("error_message", "error", "stderr")
_WORD = re.compile(r"\w(?:[\w.:-]*\w)?")
_PASS = re.compile(r"(?:^|[_ ])PASS(?:ED)?\b")


def figures(dossier: Dossier) -> Iterator[Finding]:
    """Quoted figures that are no rounding of what a raw file says, or that no raw file has at all."""
    for receipt in dossier.of("summary"):
        for fact in receipt.facts:
            if fact.quantity == "architecture":
                continue
            raw = dossier.raw(fact.quantity)
            if not raw:
                what = f"quotes {fact.quantity} {shown(fact.value)}, which no raw file here states"
                yield Finding("figure-unsupported", fact.file, fact.place, fact.value, None, what)
            elif not any(_quotes(fact, source) for source in raw):
                places = "; ".join(f"{shown(s.value)} in {s.file} at {s.place}" for s in raw[:_MOST_SHOWN])
                what = f"quotes {fact.quantity} {shown(fact.value)}; the raw files have {places}"
                yield Finding("figure-not-in-raw", fact.file, fact.place, fact.value, raw[0].value, what)


def _quotes(fact: Fact, source: Fact) -> bool:
    if isinstance(fact.value, str) or isinstance(source.value, str):
        return fact.value == source.value
    return rounds_to(fact.value, source.value)


def failed_gates(dossier: Dossier) -> Iterator[Finding]:
    """Lists of failed gates that are not those of the battery."""
    raw = {str(fact.value) for fact in dossier.raw("failed_gates")}
    if not any(dossier.of("apr-qa")):
        return
    for receipt in dossier.of("summary"):
        for keys, holder, names in quoted_gates(receipt.document):
            if set(names) != raw:
                key = next(key for key, value in holder.items() if value == names)
                theirs = ", ".join(sorted(raw)) or "none"
                what = f"lists {', '.join(names)} as failed; the battery's are {theirs}"
                place = pointer(*keys, key)
                yield Finding("figure-not-in-raw", receipt.file, place, names, sorted(raw), what)


def explanations(dossier: Dossier) -> Iterator[Finding]:
    """A gate that failed in a raw file and is called expected in a summary, or stands under a PASS."""
    failed = {
        gate.name: gate for receipt in dossier.of("apr-qa") for gate in receipt.gates if not gate.passed
    }
    for receipt in dossier.of("summary"):
        told = set()
        for keys, holder, names in quoted_gates(receipt.document):
            for key, value in holder.items():
                gate = next((failed[name] for name in names if name in failed), None)
                if gate and isinstance(value, str) and explains_away(value):
                    told.add((*keys, key))
                    yield _explained(receipt, pointer(*keys, key), value, gate.name, gate.message)
            status = holder.get("status")
            if isinstance(status, str) and _PASS.search(status):
                what = f"status is {status}, and {', '.join(names)} failed"
                yield Finding(
                    "status-contradicts-gates", receipt.file, pointer(*keys, "status"), status, names, what
                )
        for keys, value in leaves(receipt.document):
            if keys in told or not isinstance(value, str):
                continue
            for name in sorted(failed.keys() & set(_WORD.findall(value)))[:_MOST_NAMED]:
                if explains_away(value, gate=name):
                    yield _explained(receipt, pointer(*keys), value, name, failed[name].message)


def _explained(receipt: Receipt, place: str, value: str, name: str, message: str) -> Finding:
    what = f"calls the failure of {name} no matter ({value}); the battery found: {message}"
    return Finding("failure-explained-away", receipt.file, place, value, message, what)


def messages(dossier: Dossier) -> Iterator[Finding]:
    """Error messages in quotes that no log has."""
    logs = [row for receipt in dossier.of("load-log") for row in receipt.document]
    for receipt in dossier.of("summary"):
        for keys, value in leaves(receipt.document):
            if keys and keys[-1] in _ERRORS and isinstance(value, str) and value:
                quoted = " ".join(value.split())
                if not any(quoted in row for row in logs):
                    what = f"quotes an error that no log here has: {quoted}"
                    yield Finding("figure-unsupported", receipt.file, pointer(*keys), value, None, what)


def differences(dossier: Dossier) -> Iterator[Finding]:
    """`delta_vs_X`, `ratio_vs_X` and `delta` against the figures beside them."""
    for receipt in dossier.of("summary"):
        for keys, holder in objects(receipt.document):
            for key, stated in holder.items():
                kind, _, versus = key.partition("_vs_")
                value = number(stated)
                if value is None or kind not in ("delta", "ratio"):
                    continue
                pairs = list(_pairs(holder, key, versus))
                computed = [
                    left - right if kind == "delta" else left / right
                    for left, right in pairs
                    if right or kind == "delta"
                ]
                if computed and not any(agrees(stated, result) for result in computed):
                    nearest = min(computed, key=lambda result: abs(result - value))
                    what = f"{key} is {shown(value)}; figures beside it give {shown(nearest)} at best"
                    yield Finding(
                        "wrong-arithmetic", receipt.file, pointer(*keys, key), stated, nearest, what
                    )


def _pairs(holder: dict[str, Any], own: str, versus: str) -> Iterator[tuple[Any, Any]]:
    values = {key: value for key in holder if key != own and (value := number(holder[key])) is not None}
    values = {key: value for key, value in values.items() if not key.startswith(("delta", "ratio"))}
    for right_key, right in values.items():
        if versus in right_key:
            yield from ((left, right) for key, left in values.items() if key != right_key)
