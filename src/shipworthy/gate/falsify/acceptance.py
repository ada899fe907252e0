"""What a real model is, apart from what a gate sees: acceptance numbers that the good model itself misses.

A model that is too slow, or whose weights four bits do not hold, is no false alarm of the gate that says so;
no planted defect can show that quantity, which is red without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...contract import Contract, Falsifier, Outcome
from .matrix import Kill


def settled(kills: Sequence[Kill], contracts: Iterable[Contract]) -> list[Kill]:
    """The rows of a real model, of each falsifier the good ones first.

    Good ones that miss acceptance numbers alone are functional; planted ones that should show such a number
    do not apply.
    """
    falsifiers = {falsifier.id: falsifier for contract in contracts for falsifier in contract.falsifiers}
    functional = [_is_functional(kill, falsifiers[kill.falsifier]) for kill in kills]
    missed: dict[str, set[str]] = {}
    for kill, misses in zip(kills, functional, strict=True):
        if misses:
            missed.setdefault(kill.falsifier, set()).update(kill.result.failed)
    return [
        replace(kill, functional=misses, fits=kill.fits and not _shows(kill, missed))
        for kill, misses in zip(kills, functional, strict=True)
    ]


def _is_functional(kill: Kill, falsifier: Falsifier) -> bool:
    good = kill.planted is None and not kill.empty
    failed = kill.result.failed
    return (
        good
        and kill.result.outcome is Outcome.FAIL
        and bool(failed)
        and failed <= frozenset(falsifier.accept)
    )


def _shows(kill: Kill, missed: dict[str, set[str]]) -> bool:
    return kill.planted is not None and kill.planted.red in missed.get(kill.falsifier, set())
