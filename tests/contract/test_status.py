"""The status over all bundles: the latest at the same hashes decides, and old greens hide nothing."""

from __future__ import annotations

import pytest

from shipworthy.contract import BundleEntry, Reason, Status, Verdict, VerdictWord, status_of

GREEN = Verdict(VerdictWord.DISCHARGED, ())


def blocked(*reasons: Reason, **facts: bool) -> Verdict:
    return Verdict(VerdictWord.BLOCKED, reasons, **facts)


RED = blocked(Reason.FALSIFIED)


def entry(verdict: Verdict, criterion: str = "c", registration: str = "r", subject: str = "s") -> BundleEntry:
    return BundleEntry(criterion, registration, subject, verdict)


def status(*entries: BundleEntry, subject: str | None = "s") -> Status:
    return status_of(entries, criterion_hash="c", registration_digest="r", subject_digest=subject)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (GREEN, Status.DISCHARGED),
        (RED, Status.BLOCKED),
        (blocked(Reason.FALSIFIED, functional=True), Status.FUNCTIONAL),
        (blocked(Reason.MISSING_HARDWARE), Status.PARTIAL_ALGORITHM_LEVEL),
        (blocked(Reason.MISSING_ARTIFACT), Status.PARTIAL_ALGORITHM_LEVEL),
        (blocked(Reason.MISSING_HARDWARE, Reason.MISSING_ARTIFACT), Status.PARTIAL_ALGORITHM_LEVEL),
        (blocked(Reason.MISSING_HARDWARE, Reason.WAIVED), Status.PARTIAL_ALGORITHM_LEVEL),
        (blocked(Reason.WAIVED), Status.BLOCKED),
        (blocked(Reason.MISSING_ISOLATION), Status.BLOCKED),
        (blocked(Reason.MISSING_HARDWARE, Reason.VACUOUS_GATE), Status.BLOCKED),
        (blocked(Reason.MISSING_HARDWARE, Reason.UNREGISTERED), Status.BLOCKED),
        (blocked(Reason.NOT_RUN), Status.BLOCKED),
        (blocked(Reason.MISSING_HARDWARE, in_scope=False), Status.BLOCKED),
    ],
)
def test_of_one_bundle(verdict: Verdict, expected: Status) -> None:
    assert status(entry(verdict)) is expected


def test_without_a_bundle_it_is_pending() -> None:
    assert status() is Status.PENDING


@pytest.mark.parametrize(
    "other", [entry(GREEN, criterion="d"), entry(GREEN, registration="q"), entry(GREEN, subject="t")]
)
def test_bundles_about_something_else_count_nothing(other: BundleEntry) -> None:
    assert status(other) is Status.PENDING
    assert status(entry(RED), other) is Status.BLOCKED


def test_an_older_green_hides_no_newer_red() -> None:
    assert status(entry(GREEN), entry(RED)) is Status.BLOCKED
    assert status(entry(GREEN), entry(blocked(Reason.NOT_RUN))) is Status.BLOCKED
    assert status(entry(GREEN), entry(blocked(Reason.MISSING_HARDWARE))) is Status.PARTIAL_ALGORITHM_LEVEL


def test_a_newer_green_stands() -> None:
    assert status(entry(RED), entry(GREEN)) is Status.DISCHARGED


def test_without_a_subject_the_latest_of_any_decides() -> None:
    assert status(entry(GREEN, subject="a"), entry(RED, subject="b"), subject=None) is Status.BLOCKED
    assert status(entry(RED, subject="a"), entry(GREEN, subject="b"), subject=None) is Status.DISCHARGED
