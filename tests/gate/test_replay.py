"""What a replay says of a verdict that did not come again."""

from __future__ import annotations

import pytest

from shipworthy.contract import Reason, Verdict, VerdictWord
from shipworthy.gate.replay import difference

GREEN = Verdict(VerdictWord.DISCHARGED, ())


def blocked(*reasons: Reason) -> Verdict:
    return Verdict(VerdictWord.BLOCKED, reasons)


@pytest.mark.parametrize(
    ("was", "now", "code"),
    [
        (GREEN, blocked(Reason.FALSIFIED), "replay-differs"),
        (blocked(Reason.FALSIFIED), GREEN, "replay-differs"),
        (GREEN, None, "replay-differs"),
        (GREEN, blocked(Reason.MISSING_ARTIFACT), "not-replayed"),
        (blocked(Reason.FALSIFIED), blocked(Reason.MISSING_HARDWARE), "not-replayed"),
        (blocked(Reason.MISSING_HARDWARE), blocked(Reason.ERROR, Reason.MISSING_HARDWARE), "replay-differs"),
    ],
)
def test_what_was_not_measured_here_is_not_called_different(
    was: Verdict, now: Verdict | None, code: str
) -> None:
    assert difference("C-02", was, now).code == code
