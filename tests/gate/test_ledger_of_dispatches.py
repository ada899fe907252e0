"""A dispatch records its bundle, and what an earlier one could not record; an altered ledger stops it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.evidence import list_bundles
from shipworthy.evidence.ledger import LEDGER, examine
from trial_workspace import Workspace


@pytest.mark.slow
def test_dispatches_are_recorded_and_an_altered_ledger_stops_the_next(
    quick: Workspace, fixture_llama: Path, tmp_path: Path
) -> None:
    subject = tmp_path / "text.apr"
    subject.write_text("This is a text and no checkpoint.")
    assert quick.dispatch(subject, "--release", "fixture").code == 4
    assert quick.pytest("--subject", fixture_llama).returncode == 0
    refused, first = list_bundles(quick.evidence)
    line = (quick.evidence / LEDGER).read_bytes().splitlines(keepends=True)[0]
    (quick.evidence / LEDGER).write_bytes(line)
    second = quick.dispatch(fixture_llama)
    assert second.code == 0, second.stderr
    assert f"recorded late: {first.name}, which its own dispatch had not" in second.stderr
    ledger, problems = examine(quick.evidence)
    assert problems == []
    assert [(entry.bundle, entry.release, entry.recorded) for entry in ledger.entries] == [
        (refused.name, "fixture", "dispatch"),
        (first.name, "fixture", "found"),
        (second.bundle.path.name, "fixture", "dispatch"),
    ]
    (quick.evidence / LEDGER).write_bytes(b"{}\n")
    third = quick.dispatch(fixture_llama)
    assert (third.code, third.bundles) == (4, [])
    (said,) = third.stderr.splitlines()
    assert "[ledger-bad-line]" in said
