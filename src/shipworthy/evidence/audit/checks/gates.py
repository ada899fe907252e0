"""Batteries and test suites: what passed without having been tried, and counts that are not the gates'."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..dossier import Dossier, bound
from ..figures import comparisons, rounds_to, shown
from ..finding import WHOLE_FILE, Finding
from ..places import pointer
from ..receipt import Gate, Receipt, number
from .directions import Direction, direction_of
from .gate_words import (
    keeps_no_value,
    says_exceeded,
    says_no_baseline,
    says_not_applicable,
    says_of_none,
    says_skipped,
)

_COUNT = re.compile(r"^(\d+)\b(?![.,]\d| of | ?%)")


def untried(dossier: Dossier) -> Iterator[Finding]:
    """Gates that passed and were skipped, had nothing to look at, or nothing to compare with."""
    for gate, holder in _held(dossier):
        if not gate.passed:
            continue
        if gate.skipped or says_skipped(gate):
            what = f"{gate.name} is passed and was skipped: {gate.message or 'no reason is given'}"
            yield _finding("skipped-but-passed", gate, "passed", True, "skipped", what)
        elif passed_without_baseline(gate):
            what = f"{gate.name} passed with nothing to compare with: {gate.message}"
            yield _finding("passed-without-baseline", gate, "passed", True, gate.message, what)
        elif says_not_applicable(gate):
            what = f"{gate.name} is passed, counts as run, and looked at nothing: {gate.message}"
            yield _finding("not-applicable-but-passed", gate, "passed", True, gate.message, what)
        elif says_of_none(gate):
            what = f"{gate.name} is passed, and there was nothing to pass: {gate.message}"
            yield _finding("no-samples", gate, "passed", True, gate.message, what)
        elif keeps_no_value(gate, holder):
            asked = shown(gate.threshold)
            what = f"{gate.name} is passed by a threshold of {asked}, and states no value: {gate.message}"
            yield _finding("no-samples", gate, "passed", gate.threshold, None, what)
        elif (exceeded := says_exceeded(gate)) is not None:
            value, limit = exceeded
            what = f"{gate.name} is passed, and says itself that its bound was exceeded: {gate.message}"
            yield _finding("bound-not-met", gate, "message", limit, value, what)


def flags(dossier: Dossier) -> Iterator[Finding]:
    """What is passed or skipped by a text or a number: one reader takes it for true, another for false."""
    for receipt in dossier.of("apr-qa"):
        holders = [
            ((), receipt.document),
            *((("gates", i), g) for i, g in enumerate(receipt.document["gates"])),
        ]
        for keys, holder in holders:
            for key in ("passed", "skipped"):
                value = holder.get(key)
                if value is not None and not isinstance(value, bool):
                    place = pointer(*keys, key)
                    what = f"{key} is {shown(value)!r}, and neither true nor false"
                    yield Finding("flag-not-boolean", receipt.file, place, str(value), None, what)


def passed_without_baseline(gate: Gate) -> bool:
    """Whether a gate that compares says itself that it had nothing to compare with, and passed."""
    return gate.passed and not gate.skipped and says_no_baseline(gate)


def red(dossier: Dossier) -> Iterator[Finding]:
    """Gates and tests that did not pass, tests that were skipped, and batteries of none."""
    for receipt in dossier.of("apr-qa", "junit"):
        if not receipt.gates:
            yield Finding("no-gates", receipt.file, WHOLE_FILE, None, 0, "has no gate: of none, all pass")
        for gate in receipt.gates:
            if gate.skipped and not gate.passed:
                what = f"{gate.name} was skipped: {gate.message or 'no reason is given'}"
                yield Finding("test-skipped", gate.file, gate.place, None, gate.message, what)
            elif not gate.passed:
                what = f"{gate.name} did not pass: {gate.message or 'no reason is given'}"
                yield Finding("gate-failed", gate.file, gate.place, None, gate.message, what)
        for group, times in Counter((gate.name, gate.group) for gate in receipt.gates).items():
            if times > 1:
                place = [gate.place for gate in receipt.gates if (gate.name, gate.group) == group][1]
                what = f"{group[0]} stands there {times} times: run until it was green, or counted twice"
                yield Finding("gate-run-twice", receipt.file, place, 1, times, what)


def thresholds(dossier: Dossier) -> Iterator[Finding]:
    """Thresholds that ask for nothing, or for less than the criterion, or that are not met."""
    for gate in _gates(dossier):
        direction = direction_of(gate.name)
        if gate.passed and not gate.skipped and gate.value is not None and direction is not None:
            yield from _by_name(gate, gate.value, direction)
        if gate.threshold is None or gate.value is None:
            continue
        if gate.passed and gate.threshold == 0 and gate.value == _count(gate) != 0:
            count = shown(gate.value)
            what = f"{gate.name} judges a count, {count}, by the threshold 0: at most it asks for one"
            yield _finding("bound-asks-nothing", gate, "threshold", gate.threshold, gate.value, what)
        if gate.passed and "tok/s" in gate.message:
            for contract, falsifier in dossier.falsifiers("decode_throughput"):
                floor = bound(falsifier, "tokens_per_second", "minimum")
                if floor is not None and gate.threshold < floor:
                    what = (
                        f"{gate.name} passes from {shown(gate.threshold)} tok/s on, and {contract.id} asks "
                        f"for {shown(floor)}; it found {shown(gate.value)}"
                    )
                    yield _finding("bound-looser", gate, "threshold", gate.threshold, floor, what)


def _by_name(gate: Gate, value: Decimal, direction: Direction) -> Iterator[Finding]:
    """A passed gate whose name says which way is better: its bound is stated, asks something, is met."""
    word = "from" if direction.least else "up to"
    if gate.threshold is None:
        what = f"{gate.name} is passed with {shown(value)}, and does not say {word} what"
        yield _finding("bound-not-stated", gate, "passed", True, None, what)
    elif direction.least and direction.positive and gate.threshold <= 0:
        what = f"{gate.name} passes from {shown(gate.threshold)} on, which whatever runs reaches"
        yield _finding("bound-asks-nothing", gate, "threshold", gate.threshold, value, what)
    elif value < gate.threshold if direction.least else value > gate.threshold:
        what = f"{gate.name} is passed with {shown(value)}, and passes {word} {shown(gate.threshold)}"
        yield _finding("bound-not-met", gate, "value", gate.threshold, value, what)


def counts(dossier: Dossier) -> Iterator[Finding]:
    """What a battery says of its gates, and a suite of its tests, against the gates and tests themselves."""
    for receipt in dossier.of("apr-qa"):
        yield from _battery(receipt)
        for gate in receipt.gates:
            yield from _message(gate)
    for receipt in dossier.of("junit"):
        yield from _suites(receipt)


def _gates(dossier: Dossier) -> Iterator[Gate]:
    return (gate for receipt in dossier.of("apr-qa") for gate in receipt.gates)


def _held(dossier: Dossier) -> Iterator[tuple[Gate, Mapping[str, Any]]]:
    """Each gate of a battery with the JSON object that it is from."""
    for receipt in dossier.of("apr-qa"):
        yield from zip(receipt.gates, receipt.document["gates"], strict=True)


def _battery(receipt: Receipt) -> Iterator[Finding]:
    document, gates = receipt.document, receipt.gates
    failed = [gate.name for gate in gates if not gate.passed]
    told = {
        "gates_executed": sum(not gate.skipped for gate in gates),
        "gates_skipped": sum(gate.skipped for gate in gates),
    }
    for key, count in told.items():
        stated = number(document.get(key))
        if stated is not None and stated != count:
            what = f"{key} is {stated}, and {count} of the gates are so"
            yield Finding("wrong-arithmetic", receipt.file, "/" + key, stated, count, what)
    if isinstance(passed := document.get("passed"), bool) and passed == bool(failed):
        what = f"passed is {str(passed).lower()}, and these did not pass: {', '.join(failed) or 'none'}"
        yield Finding("verdict-contradicts-gates", receipt.file, "/passed", passed, failed, what)
    total = number(document.get("total_duration_ms"))
    spent = [number(gate.get("duration_ms")) for gate in document["gates"]]
    known = sum((value for value in spent if value is not None), Decimal(0))
    # Each is cut off to a millisecond, as the total is.
    if total is not None and known > total + len(spent):
        what = f"the gates took {shown(known)} ms together, and all of it {shown(total)}"
        yield Finding("wrong-arithmetic", receipt.file, "/total_duration_ms", total, known, what)
    summary = document.get("summary")
    if isinstance(summary, str) and (match := re.match(r"Failed gates: (.*)", summary)):
        listed = [name.strip() for name in match[1].split(",") if name.strip()]
        if sorted(listed) != sorted(failed):
            what = f"summary lists {', '.join(listed)}; these did not pass: {', '.join(failed) or 'none'}"
            yield Finding("verdict-contradicts-gates", receipt.file, "/summary", summary, failed, what)


def _message(gate: Gate) -> Iterator[Finding]:
    """A message `25.3 tok/s >= 1` beside value and threshold, or one that begins with the count."""
    place = gate.place + "/message"
    for comparison in comparisons(gate.message):
        sides = ((comparison.left, gate.value, "value"), (comparison.right, gate.threshold, "threshold"))
        for stated, kept, name in sides:
            if kept is not None and not rounds_to(stated, kept):
                what = f"{gate.name} says {comparison}, and its {name} is {shown(kept)}"
                yield Finding("wrong-arithmetic", gate.file, place, stated, kept, what)
        if gate.passed and not comparison.holds:
            what = f"{gate.name} is passed, and {comparison} is false"
            yield Finding("comparison-false", gate.file, place, str(comparison), False, what)
    count = _count(gate)
    if count is not None and count != gate.value:
        what = f"{gate.name} says {count}, and its value is {shown(gate.value)}"
        yield Finding("wrong-arithmetic", gate.file, place, count, gate.value, what)


def _count(gate: Gate) -> Decimal | None:
    """The count with which a message begins, where the value beside it is a whole number too."""
    match = _COUNT.match(gate.message)
    if match is None or gate.value is None or gate.value != gate.value.to_integral_value():
        return None
    return None if any(comparisons(gate.message)) else Decimal(match[1])


def _suites(receipt: Receipt) -> Iterator[Finding]:
    for suite in receipt.document.walk():
        if suite.name not in ("testsuite", "testsuites"):
            continue
        cases = [element for element in suite.walk() if element.name == "testcase"]
        outcomes = Counter(outcome.name for case in cases for outcome in case.inner)
        told = {
            "tests": len(cases),
            "failures": outcomes["failure"],
            "errors": outcomes["error"],
            "skipped": outcomes["skipped"],
        }
        for key, count in told.items():
            stated = suite.attributes.get(key)
            if stated is not None and stated.isdecimal() and int(stated[:18]) != count:
                what = f"{suite.name} says {key}={stated}, and has {count}"
                place = f"line {suite.line}"
                yield Finding("wrong-arithmetic", receipt.file, place, int(stated[:18]), count, what)


def _finding(code: str, gate: Gate, key: str, claimed: object, found: object, what: str) -> Finding:
    return Finding(code, gate.file, f"{gate.place}/{key}", claimed, found, what)
