"""The rules of docs/decisions/0010-signoff.md, each as a property of ledgers and attempts of any shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from shipworthy.contract import Reason, Verdict, VerdictWord
from shipworthy.evidence.ledger import GENESIS, Entry, Ledger, line_digest, merge, read_lines
from shipworthy.report.signoff import Attempt, Decision, Policy, Waiver, decide
from shipworthy.report.signoff.order import Recorded, earlier

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HASH = "a" * 64
GREEN: tuple[str, ...] = ()
ON_THE_CPU, ELSEWHERE = {"processor": "a", "cores": 2}, {"processor": "b", "cores": 2}


@dataclass(frozen=True)
class Line:
    """A dispatch: its bundle, what it came to, when it began, and how it was recorded."""

    bundle: str
    reasons: tuple[str, ...] = GREEN
    minute: int = 0
    recorded: Literal["dispatch", "found"] = "dispatch"
    host: Mapping[str, object] | None = None
    states: str = ""

    @property
    def started(self) -> datetime:
        return NOW - timedelta(days=1) + timedelta(minutes=self.minute)

    def attempt(self, **changes: object) -> Attempt:
        reasons = tuple(Reason(reason) for reason in self.reasons)
        word = VerdictWord.BLOCKED if reasons else VerdictWord.DISCHARGED
        host = ON_THE_CPU if self.host is None else self.host
        made = Attempt(self.bundle, self.started, host, "unsigned", {"A": (HASH, Verdict(word, reasons))})
        return replace(made, **changes)  # type: ignore[arg-type]


def ledger_of(lines: Sequence[Line], after: Ledger | None = None) -> Ledger:
    """The ledger of these dispatches, one after another."""
    ledger = after or Ledger({}, GENESIS)
    number, head, data = ledger.number, ledger.head, ledger.data()
    for line in lines:
        number += 1
        entry = Entry(
            number,
            (head,),
            line.bundle,
            "d" * 64,
            "e" * 64,
            "fixture",
            line.started.isoformat(),
            line.recorded,
        )
        head = line_digest(entry.line())
        data += entry.line() + b"\n"
    return read_lines(data, Path("ledger.jsonl"))


def order(lines: Sequence[Line], ledger: Ledger) -> dict[str, frozenset[str]]:
    recorded = [Recorded(line.bundle, line.started, line.states or line.bundle) for line in lines]
    return earlier(recorded, ledger)


def decided(lines: Sequence[Line], ledger: Ledger, policy: Policy | None = None) -> Decision:
    return judged([line.attempt() for line in lines], order(lines, ledger), policy)


def judged(
    attempts: Sequence[Attempt], before: Mapping[str, frozenset[str]], policy: Policy | None = None
) -> Decision:
    return decide(
        attempts,
        earlier=before,
        weights={"A": 100.0},
        hashes={"A": HASH},
        policy=policy or Policy(),
        now=NOW,
    )


def blocked(decision: Decision) -> tuple[str, ...]:
    return decision.criteria[0].blocked_by


G, R = Line("green"), Line("red", ("falsified",), minute=5)
HERE = ("falsified", "inconclusive", "error", "missing_hardware", "missing_artifact", "not_run")
words = st.sampled_from([GREEN, *((reason,) for reason in HERE)])


@given(st.lists(words, min_size=1, max_size=7))
def test_in_one_chain_the_last_word_is_green_or_nothing_is(reasons: list[tuple[str, ...]]) -> None:
    """And what was measured before it and not answered stands beside it, whatever came last."""
    lines = [Line(f"b{place}", reason) for place, reason in enumerate(reasons)]
    found = decided(lines, ledger_of(lines))
    assert found.passed == (reasons[-1] == GREEN)
    last_green = max((place for place, reason in enumerate(reasons) if reason == GREEN), default=-1)
    measured = {reason for one in reasons[last_green + 1 :] for reason in one if reason in HERE[:3]}
    assert measured <= set(blocked(found))


@given(st.permutations(range(4)), st.permutations(["a", "b", "c", "d"]), words)
def test_neither_clock_nor_name_orders_what_dispatches_recorded(
    minutes: list[int], names: list[str], last: tuple[str, ...]
) -> None:
    reasons = [GREEN, ("falsified",), GREEN, last]
    lines = [Line(n, r, m) for n, r, m in zip(names, reasons, minutes, strict=True)]
    found = decided(lines, ledger_of(lines))
    plain = [Line(f"b{place}", reason, place) for place, reason in enumerate(reasons)]
    assert (found.passed, blocked(found)) == (
        (expected := decided(plain, ledger_of(plain))).passed,
        blocked(expected),
    )


def test_a_found_line_is_not_newer_than_its_bundle() -> None:
    """Finding 1: the older green one, put there again or recorded late."""
    late = replace(G, recorded="found")
    assert blocked(decided([R, late], ledger_of([R, late]))) == ("falsified",)
    newer = replace(late, minute=6)
    assert decided([R, newer], ledger_of([R, newer])).passed
    red = replace(R, recorded="found")
    assert blocked(decided([red, G], ledger_of([red, G]))) == ("falsified",)
    assert decided([red, replace(G, minute=6)], ledger_of([red, replace(G, minute=6)])).passed


def test_a_second_bundle_with_the_same_statement_is_the_same_dispatch() -> None:
    """Finding 1, with a forged line: the copy says `dispatch`, and is not later for it."""
    copy = replace(G, bundle="green-2", minute=6)
    lines = [replace(G, states="g"), R, replace(copy, states="g")]
    assert blocked(decided(lines, ledger_of(lines))) == ("falsified",)
    assert order(lines, ledger_of(lines)) == {name: frozenset() for name in ("green", "red", "green-2")}


@given(st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_the_branches_of_a_fork_are_in_no_order_and_both_count(left: int, right: int, common: bool) -> None:
    """Finding 8: wherever the red one stands in its branch, the green one of the other is no answer."""
    start = ledger_of([Line("start", minute=-1)] if common else [])
    other = [Line(f"l{place}", host=ELSEWHERE) for place in range(left)]
    another = [Line(f"r{place}", host=ELSEWHERE) for place in range(right)]
    green = replace(G, minute=9)
    both = merge(ledger_of([*other, R], start), ledger_of([*another, green], start))
    lines = [R, green, *other, *another]
    assert blocked(decided(lines, both)) == ("falsified",)
    again = Line("again", minute=10)
    assert decided([*lines, again], ledger_of([again], both)).passed


def test_a_bundle_that_two_branches_recorded_stands_in_both() -> None:
    green = replace(G, minute=9)
    found = [replace(line, recorded="found") for line in (green, R)]
    both = merge(ledger_of([R, green]), ledger_of([found[1]]))
    assert blocked(decided([R, green], both)) == ("falsified",)


def test_a_bundle_without_a_line_answers_nothing() -> None:
    assert blocked(decided([R, replace(G, minute=9)], ledger_of([R]))) == ("falsified",)


def test_what_was_red_is_not_answered_by_what_was_not_measured() -> None:
    """Finding 2: a class is not laundered by dispatching without the artifact, or with less memory."""
    green = replace(G, host=ELSEWHERE)
    for reason in ("missing_artifact", "missing_hardware", "not_run"):
        lines = [green, R, Line("again", (reason,), minute=6)]
        assert "falsified" in blocked(decided(lines, ledger_of(lines)))
    lines = [green, Line("first", ("missing_hardware",))]
    assert decided(lines, ledger_of(lines)).passed
    alone = [G, Line("again", ("missing_artifact",), minute=6)]
    assert blocked(decided(alone, ledger_of(alone))) == ("missing_artifact",)


def test_a_waiver_of_a_later_reason_is_none_of_an_earlier_one() -> None:
    waivers = {"A": Waiver("W", "A", frozenset({"inconclusive"}), "why", "who", date(2026, 7, 1))}
    lines = [R, Line("again", ("inconclusive",), minute=6)]
    assert blocked(decided(lines, ledger_of(lines), Policy(waivers))) == ("falsified",)


def test_what_was_not_run_or_refused_is_answered_by_whatever_came_later() -> None:
    lines = [Line("first", ("not_run",)), Line("second", ("missing_hardware",))]
    assert blocked(decided(lines, ledger_of(lines))) == ("missing_hardware",)
    refused = lines[0].attempt(verdicts={}, host={}, problems=("refused",), refused=True)
    before = order(lines, ledger_of(lines))
    assert blocked(judged([refused, lines[1].attempt()], before)) == ("missing_hardware",)
    backwards = order(lines, ledger_of(lines[::-1]))
    assert "cannot_rederive" in blocked(judged([refused, lines[1].attempt()], backwards))


def test_facts_that_are_left_out_make_no_dispatch_disappear() -> None:
    """Finding 6: a red dispatch that says nothing of its host, with green ones on both sides."""
    lines = [G, replace(R, host={"processor": None}), replace(G, bundle="again", minute=6)]
    assert blocked(decided(lines, ledger_of(lines))) == ("falsified",)


def test_a_red_counts_under_any_release_and_a_green_under_the_registration_alone() -> None:
    """Finding 9: one tries under a scratch release until it is green."""
    lines = [G, R]
    before = order(lines, ledger_of(lines))
    foreign = R.attempt(own=False, release="scratch")
    assert blocked(judged([G.attempt(), foreign], before)) == ("falsified",)
    assert blocked(judged([G.attempt(), replace(foreign, registered=False)], before)) == ("falsified",)
    stranger = Line("red", ("unregistered",)).attempt(own=False, registered=False)
    assert judged([G.attempt(), stranger], before).passed
    other = {"A": ("b" * 64, foreign.verdicts["A"][1])}
    assert judged([G.attempt(), replace(foreign, verdicts=other)], before).passed
    assert judged([G.attempt(), replace(foreign, verdicts={})], before).passed
    backwards = order(lines, ledger_of([R, G]))
    green = G.attempt(own=False, release="scratch")
    assert judged([R.attempt(), green], backwards).passed
    assert blocked(judged([R.attempt(), replace(green, registered=False)], backwards)) == ("falsified",)
    assert blocked(judged([replace(green, registered=False)], {"green": frozenset()})) == ("not_run",)


def test_of_another_criterion_stands_until_this_one_was_looked_at() -> None:
    stale = Line("old", ("falsified",)).attempt(
        verdicts={"A": ("b" * 64, Verdict(VerdictWord.BLOCKED, (Reason.FALSIFIED,)))}
    )
    lines = [Line("old"), Line("new", ("missing_hardware",))]
    now = lines[1].attempt()
    assert blocked(judged([stale, now], order(lines, ledger_of(lines)))) == ("missing_hardware",)
    later = order(lines, ledger_of(lines[::-1]))
    assert blocked(judged([stale, now], later)) == ("falsified", "stale_contract")


def test_on_a_host_of_the_policy_nothing_said_is_not_run() -> None:
    policy = Policy(hosts={"reference": {"processor": "b"}})
    lines = [G, replace(R, host=ELSEWHERE)]
    attempts = [G.attempt(), lines[1].attempt(own=False, verdicts={})]
    assert blocked(judged(attempts, order(lines, ledger_of(lines)), policy)) == ("not_run",)
