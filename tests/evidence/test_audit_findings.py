"""Honest receipts of other tools have no finding; one thing changed, and it is found where it is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from audit_cases import CASES, QA, Change, gate, put, told
from hypothesis import given, settings
from hypothesis import strategies as st

from foreign_receipts import Files, changed, receipts, write
from shipworthy.contract import Catalogue
from shipworthy.evidence.audit import RULES, Audit, audit


@pytest.fixture
def examine(catalogue: Catalogue, tmp_path: Path) -> Callable[[Files], Audit]:
    return lambda files: audit(write(tmp_path / "receipts", files), catalogue)


def places(found: Audit) -> set[tuple[str, str, str]]:
    return {(finding.code, finding.file, finding.place) for finding in found.findings}


def test_honest_receipts_of_other_tools_have_no_finding(examine: Callable[[Files], Audit]) -> None:
    found = examine(receipts())
    assert found.findings == ()
    assert not found.not_read
    assert found.release == "model-2"
    assert len({receipt.kind for receipt in found.receipts}) == 9


@pytest.mark.parametrize(
    ("code", "file", "place", "changes"), CASES, ids=[f"{c}-{f}-{p}" for c, f, p, _ in CASES]
)
def test_one_change_is_found_where_it_is(
    examine: Callable[[Files], Audit], code: str, file: str, place: str, changes: list[Change]
) -> None:
    found = examine(changed(*changes))
    assert (code, file, place) in places(found)
    document = found.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document


HONEST: list[Change] = [
    # Numbers that a careless reader of text takes apart, and versions.
    *(
        told(note=note)
        for note in (
            "loss 3e5 < 4e5",
            "1e8 < 1e9",
            "1,200 < 2,000 steps",
            "needs torch 2.9 < 2.10",
            "5.0e-9 < 1.0e-8",
            "2.9.1 < 2.10.0",
            "10ms > 9ms",
            "10 s > 900ms",
            "between 1-5 < 4",
        )
    ),
    put("summary.json", "criteria", "AC-SHIP2-010", to=False),
    put("summary.json", "criteria", "AC-SHIP2-010", to={"discharged": False}),
    put("summary.json", "criteria", "AC-SHIP2-010", to="\u274c"),
    # A count of what went wrong, what was left out of some, a change for which below 0 is better.
    gate(2, message="0 errors in 20 prompts checked", value=0.0, threshold=0.0),
    gate(2, message="20 of 20 prompts as recorded, 0 of 0 optional ones"),
    gate(2, message="skipped: 0, as recorded: 20"),
    gate(2, message="Skip connections are whole"),
    gate(4, message="as recorded", value=-0.05, threshold=-0.1),
    gate(4, message="50% slower than recorded", value=-50.0, threshold=-60.0),
    gate(2, skipped=None),
    # A name that does not say which way is better, or says it of what was lost.
    gate(2, message="ok", value=1.0, threshold=100.0),
    gate(2, name="tensor_quality", message="ok", value=1.0, threshold=100.0),
    gate(2, name="throughput_drop", message="ok", value=1.0, threshold=5.0),
    gate(2, name="cosine_distance", message="ok", value=0.001, threshold=0.01),
]


@pytest.mark.parametrize("change", HONEST, ids=[str(index) for index in range(len(HONEST))])
def test_what_is_not_wrong_is_no_finding(examine: Callable[[Files], Audit], change: Change) -> None:
    assert examine(changed(change)).findings == ()


@pytest.mark.parametrize("note", ["loss 4e5 < 3e5", "2,000 < 1,200 steps", "PASS (4.9 < 4.71)", "-1e-3 > 0"])
def test_a_false_comparison_is_found_however_it_is_written(
    examine: Callable[[Files], Audit], note: str
) -> None:
    assert {finding.code for finding in examine(changed(told(note=note))).findings} == {"comparison-false"}


def test_every_rule_has_a_case() -> None:
    """A bundle's are shown in test_audit_bundles.py."""
    bundles = {
        "bundle-does-not-verify", "bundle-contradicts-itself", "bundle-stale", "bundle-of-another-model"
    }  # fmt: skip
    assert RULES.keys() - {code for code, *_ in CASES} == bundles


def numbers(value: Any, *keys: str | int) -> list[tuple[str | int, ...]]:
    """The places of all numbers in a JSON value."""
    if isinstance(value, dict):
        return [place for key, item in value.items() for place in numbers(item, *keys, key)]
    if isinstance(value, list):
        return [place for index, item in enumerate(value) for place in numbers(item, *keys, index)]
    return [keys] if isinstance(value, int | float) and not isinstance(value, bool) else []


COMPUTED = [
    (file, *place)
    for file, value in receipts().items()
    if isinstance(value, dict | list)
    for place in numbers(value)
    # What nothing else follows from: the first token, one of the battery's times, facts of the file alone.
    if place[-1]
    not in ("time_to_first_token_ms", "duration_ms", "total_duration_ms", "size_bytes", "model_size")
    and not (file == "summary.json" and place[-1] in ("ttft_ms", "chance_ceiling"))
    and not str(place[0]).startswith("samples_ms")
    and place[-1] not in ("min_tokens_per_second", "threshold", "stddev_ns", "stddev_ts")
    and not (file == QA and place == ("gates", 4, "value"))
]


def test_there_are_figures_to_change() -> None:
    assert len(COMPUTED) > 50


@settings(max_examples=40)
@given(place=st.sampled_from(COMPUTED), factor=st.sampled_from([0.5, 0.9, 1.1, 2.0, -1.0]))
def test_a_figure_that_others_depend_on_cannot_be_changed(
    place: tuple[Any, ...], factor: float, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file, *keys = place
    files = receipts()
    holder: Any = files[str(file)]
    for key in keys[:-1]:
        holder = holder[key]
    old = holder[keys[-1]]
    holder[keys[-1]] = math.floor(old * factor) - 1 if old == int(old) else old * factor
    found = audit(write(tmp_path_factory.mktemp("receipts"), files), catalogue)
    assert found.findings, (file, keys, old, holder[keys[-1]])
