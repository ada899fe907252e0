"""Judge samples that may hold an extension: declared before, and taken only where the first left it open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .expectation import Check, Judgement, Outcome, combine, judge
from .language import Falsifier
from .probe import Probe, quantities_of


def judge_falsifier(
    falsifier: Falsifier,
    probe: Probe,
    raw: Mapping[str, Any],
    quantities: Mapping[str, Any],
    registered: Mapping[str, Any],
) -> Judgement:
    """As `judge`, on the quantities of `raw`; and FAIL on the quantity that counts extensions where there is
    one that the contract did not declare, or that was taken although the first samples decided.

    Whoever holds the raw samples can judge so again. Raises MeasurementError where the first samples alone
    are none of the probe's.
    """
    judgement = judge(falsifier.expect, quantities, probe, registered)
    if probe.extension is None or not (problem := _problem(falsifier, probe, raw, registered)):
        return judgement
    name = probe.extension.quantity
    red = Check(name, {"const": 0}, quantities.get(name), Outcome.FAIL, f"{name}: {problem}")
    checks = (*(check for check in judgement.checks if check.quantity != name), red)
    return replace(judgement, outcome=combine(check.outcome for check in checks), checks=checks)


def wants_extension(
    falsifier: Falsifier, probe: Probe, quantities: Mapping[str, Any], registered: Mapping[str, Any]
) -> bool:
    """Whether the contract declares an extension, and the first samples leave the outcome open."""
    declared = probe.extension is not None and probe.extension.parameter in falsifier.parameters
    return declared and _is_open(judge(falsifier.expect, quantities, probe, registered))


def _is_open(judgement: Judgement) -> bool:
    return judgement.outcome is Outcome.INCONCLUSIVE


def _problem(
    falsifier: Falsifier, probe: Probe, raw: Mapping[str, Any], registered: Mapping[str, Any]
) -> str:
    assert probe.extension is not None
    first = probe.extension.first(raw)
    if first == raw:
        return ""
    if probe.extension.parameter not in falsifier.parameters:
        return "samples were added, and the contract declares no extension"
    before = judge(falsifier.expect, quantities_of(probe, first), probe, registered)
    if not _is_open(before):
        return f"samples were added although the first came to {before.outcome}"
    return ""
