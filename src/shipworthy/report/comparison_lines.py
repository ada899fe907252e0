"""A comparison of two bundles for a person and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..contract import Verdict
from ..evidence.comparison import Cause, Change


def comparison_lines(common: Sequence[Cause], changes: Sequence[Change]) -> Iterator[str]:
    """What differs as a whole, then each criterion whose verdict or whose quantities are others."""
    for cause in common:
        yield f"{cause.kind}: {cause.message}"
    for change in changes:
        if change.changed:
            yield f"{change.id}: {verdict_words(change.before)} -> {verdict_words(change.after)}"
        elif change.causes:
            yield f"{change.id}: {verdict_words(change.after)}, as before"
        yield from (f"  {cause.kind}: {cause.message}" for cause in change.causes)
    changed = sum(change.changed for change in changes)
    yield f"{changed} of {len(changes)} verdicts changed"


def comparison_json(common: Sequence[Cause], changes: Sequence[Change]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "common": [vars(cause) for cause in common],
        "criteria": [
            {
                "id": change.id,
                "changed": change.changed,
                "before": _verdict(change.before),
                "after": _verdict(change.after),
                "causes": [vars(cause) for cause in change.causes],
            }
            for change in changes
        ],
    }


def verdict_words(verdict: Verdict | None) -> str:
    """`BLOCKED by falsified`."""
    if verdict is None:
        return "no verdict"
    return str(verdict.verdict) + (f" by {', '.join(verdict.reasons)}" if verdict.reasons else "")


def _verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {"verdict": str(verdict.verdict), "reasons": [str(reason) for reason in verdict.reasons]}
