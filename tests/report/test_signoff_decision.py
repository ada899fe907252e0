"""The decision: the latest of every class of host counts, waivers never do, and green hides no red."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shipworthy.contract import Catalogue, Reason, Release, Verdict, VerdictWord
from shipworthy.errors import ShipworthyError
from shipworthy.report.signoff import Attempt, Decision, Policy, Waiver, decide, read_policy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WEIGHTS = {"A": 60.0, "B": 40.0}
HASHES = {"A": "a" * 64, "B": "b" * 64}
CPU, GPU = {"processor": "cpu", "cores": 2}, {"processor": "cpu", "nvidia_device": True}
MISSING = ("missing_hardware",)


def attempt(
    hours: float = 1,
    host: Mapping[str, object] = CPU,
    problems: tuple[str, ...] = (),
    hashes: Mapping[str, str] = HASHES,
    **blocked: tuple[str, ...],
) -> Attempt:
    """A dispatch so long ago; criteria are DISCHARGED but for those that are named with reasons."""
    verdicts = {}
    for name in WEIGHTS:
        reasons = tuple(Reason(reason) for reason in blocked.get(name, ()))
        word = VerdictWord.BLOCKED if reasons else VerdictWord.DISCHARGED
        verdicts[name] = (hashes[name], Verdict(word, reasons))
    started = NOW - timedelta(hours=hours)
    return Attempt(f"bundle-{hours}", started, host, "unsigned", verdicts, problems)


def decided(*attempts: Attempt, policy: Policy | None = None, obstacles: tuple[str, ...] = ()) -> Decision:
    """Decided where each attempt is later than those named before it, as in one chain."""
    names = [one.bundle for one in attempts]
    return decide(
        attempts,
        earlier={name: frozenset(names[:place]) for place, name in enumerate(names)},
        weights=WEIGHTS,
        hashes=HASHES,
        policy=policy or Policy(),
        now=NOW,
        obstacles=obstacles,
    )


def blocked(decision: Decision) -> dict[str, tuple[str, ...]]:
    return {c.id: c.blocked_by for c in decision.criteria if c.blocked_by}


def waiver(criterion: str, *reasons: str) -> Policy:
    return Policy({criterion: Waiver("W-1", criterion, frozenset(reasons), "why", "who", date(2026, 7, 1))})


def test_all_green_is_passed_and_counts_every_attempt() -> None:
    found = decided(attempt(3, A=("falsified",)), attempt(2), attempt(1))
    assert (found.passed, found.ship_percent) == (True, 100)
    assert [(c.id, c.attempts, c.discharged) for c in found.criteria] == [("A", 3, 2), ("B", 3, 3)]


def test_nothing_tried_is_failed() -> None:
    found = decided()
    assert not found.passed
    assert blocked(found) == {"A": ("not_run",), "B": ("not_run",)}


@pytest.mark.parametrize(
    "reason", ["falsified", "inconclusive", "error", "not_run", "vacuous_gate", "tampered"]
)
def test_the_latest_of_a_class_counts_and_an_older_green_hides_nothing(reason: str) -> None:
    found = decided(attempt(2), attempt(1, A=(reason,)))
    assert (found.passed, blocked(found), found.ship_percent) == (False, {"A": (reason,)}, 40)


def test_a_red_class_of_host_is_not_outvoted_by_a_green_one() -> None:
    for order in ([CPU, GPU], [GPU, CPU]):
        found = decided(attempt(2, order[0], A=("falsified",)), attempt(1, order[1]))
        assert blocked(found) == {"A": ("falsified",)}


def test_what_a_host_cannot_measure_another_may_answer_for() -> None:
    assert decided(attempt(2, GPU), attempt(1, CPU, B=MISSING)).passed
    assert blocked(decided(attempt(1, CPU, B=MISSING))) == {"B": MISSING}


def test_on_a_host_that_the_policy_names_everything_must_be_green() -> None:
    policy = Policy(hosts={"reference": {"processor": "cpu", "cores": 2}})
    found = decided(attempt(2, GPU), attempt(1, CPU, B=MISSING), policy=policy)
    assert blocked(found) == {"B": MISSING}
    absent = decided(attempt(1, GPU), policy=policy)
    assert (absent.passed, absent.obstacles) == (False, ("no dispatch on the host reference",))


def test_evidence_that_does_not_follow_or_is_of_another_criterion_counts_nothing() -> None:
    assert blocked(decided(attempt(1, problems=("x",)))) == dict.fromkeys(WEIGHTS, ("cannot_rederive",))
    stale = attempt(1, hashes={**HASHES, "A": "c" * 64})
    assert blocked(decided(stale)) == {"A": ("stale_contract",)}


def test_evidence_can_be_too_old_and_never_from_the_future() -> None:
    policy = Policy(freshness_days=2)
    assert decided(attempt(47), policy=policy).passed
    assert blocked(decided(attempt(49), policy=policy)) == dict.fromkeys(WEIGHTS, ("too_old",))
    assert blocked(decided(attempt(-2))) == dict.fromkeys(WEIGHTS, ("from_the_future",))


def test_what_is_waived_is_never_counted_and_only_for_its_reasons() -> None:
    policy = waiver("B", "missing_hardware")
    found = decided(attempt(1, B=MISSING), policy=policy)
    assert (found.passed, found.ship_percent) == (True, 60)
    assert decided(attempt(1), policy=policy).ship_percent == 60
    other = decided(attempt(1, B=("falsified", "missing_hardware")), policy=policy)
    assert (other.passed, blocked(other)) == (False, {"B": ("falsified",)})


def test_waivers_alone_pass_nothing() -> None:
    waivers = {n: Waiver(n, n, frozenset({"not_run"}), "why", "who", date(2026, 7, 1)) for n in WEIGHTS}
    assert not decided(policy=Policy(waivers)).passed


def test_a_refusal_counts_while_nothing_followed_it() -> None:
    refused = replace(attempt(2, host={"processor": None}, problems=("refused",)), verdicts={}, refused=True)
    assert decided(refused, attempt(1)).passed
    assert not decided(attempt(3), refused).passed


def test_an_obstacle_stops_what_is_all_green() -> None:
    assert not decided(attempt(1), obstacles=("a bundle is gone",)).passed


GOOD = """\
criteria: [C-01, C-02]
freshness_days: 30
hosts:
  reference: {processor: AMD EPYC 7B13, cores: 2}
waivers:
  - id: W-1
    criterion: C-02
    blocked_by: [missing_hardware]
    reason: It is on loan.
    owner: a.person@example.org
    expires: "2026-12-31"
"""
TODAY = date(2026, 6, 1)


@pytest.fixture
def release(catalogue: Catalogue) -> Release:
    demo = catalogue.releases["smollm2-demo"]
    return replace(demo, id="small", weights={"C-01": 50, "C-02": 50})


def test_a_policy_says_what_it_says(release: Release, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(GOOD)
    policy = read_policy(tmp_path / "policy.yaml", release, TODAY)
    assert policy.freshness_days == 30
    assert policy.hosts == {"reference": {"processor": "AMD EPYC 7B13", "cores": 2}}
    assert policy.waivers["C-02"].expires == date(2026, 12, 31)
    assert len(policy.sha256) == 64


BAD = {
    "expired": ("2026-12-31", "2026-05-31"),
    "no day": ("2026-12-31", "soon"),
    "no owner": ("    owner: a.person@example.org\n", ""),
    "an empty reason": ("It is on loan.", "' '"),
    "of no criterion": ("criterion: C-02", "criterion: C-99"),
    "an unknown reason": ("[missing_hardware]", "[bad_luck]"),
    "what nobody may waive": ("[missing_hardware]", "[tampered]"),
    "no reasons": ("[missing_hardware]", "[]"),
    "an unknown key": ("freshness_days", "freshnes_days"),
    "a key more": ("    owner:", "    note: x\n    owner:"),
    "a criterion left out": ("[C-01, C-02]", "[C-01]"),
    "no number of days": ("freshness_days: 30", "freshness_days: 0"),
    "days as text": ("freshness_days: 30", "freshness_days: '30'"),
    "days beyond any calendar": ("freshness_days: 30", "freshness_days: 99999999999999"),
    "cores as text": ("cores: 2", "cores: '2'"),
    "a processor as a list": ("AMD EPYC 7B13", "[AMD]"),
    "a device as a number": ("cores: 2", "nvidia_device: 1"),
    "a host by nothing": ("{processor: AMD EPYC 7B13, cores: 2}", "{}"),
    "a host by its name": ("cores: 2", "hostname: two"),
    "waivers as a map": ("waivers:\n  - id: W-1\n    criterion: C-02", "waivers:\n    criterion: C-02"),
    "a key twice": ("freshness_days: 30", "freshness_days: 30\nfreshness_days: 3000"),
    "a list": (GOOD, "[]"),
    "null": (GOOD, "null"),
    "reasons that are lists": ("[missing_hardware]", "[[missing_hardware]]"),
    "criteria as a map": ("[C-01, C-02]", "{C-01: 1, C-02: 1}"),
    "two for one": (GOOD, GOOD + GOOD[GOOD.index("  - id") :].replace("W-1", "W-2")),
    "one id twice": (GOOD, GOOD + GOOD[GOOD.index("  - id") :].replace("criterion: C-02", "criterion: C-01")),
}


@pytest.mark.parametrize("name", BAD)
def test_a_policy_that_is_none_stops_at_the_start(release: Release, tmp_path: Path, name: str) -> None:
    old, new = BAD[name]
    assert old in GOOD
    (tmp_path / "policy.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(ShipworthyError) as caught:
        read_policy(tmp_path / "policy.yaml", release, TODAY)
    assert caught.value.exit_code == 2
    assert "policy.yaml:" in str(caught.value)
    assert caught.value.code == ("yaml-duplicate-key" if name == "a key twice" else "bad-policy")


def test_the_policy_of_the_document_is_one(release: Release, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "releases.md").read_text()
    (tmp_path / "policy.yaml").write_text(text.partition("```yaml\n")[2].partition("```")[0])
    asked = replace(release, weights={"C-01": 50, "AC-SHIP2-010": 50})
    assert read_policy(tmp_path / "policy.yaml", asked, TODAY).waivers["AC-SHIP2-010"].id == "W-1"
