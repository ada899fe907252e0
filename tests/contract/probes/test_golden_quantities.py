"""The quantities of golden outputs: where one parts, how sure the checkpoint was there, what is gibberish."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.canonical import strict_loads
from shipworthy.contract import Catalogue, quantities_of
from shipworthy.contract.probes import PROBES
from shipworthy.contract.probes.golden_continuations import summarize as recorded
from shipworthy.contract.probes.golden_output import summarize

MARGIN = 0.5


def compared(*rows: dict[str, Any], margin: float = MARGIN, error: str | None = None) -> dict[str, Any]:
    raw = {
        "baseline": {"bundle": "b", "subject_sha256": "a"},
        "subject_sha256": "a",
        "file_type": "MOSTLY_Q8_0",
        "margin": margin,
        "error": error,
        "samples": list(rows),
    }
    return quantities_of(PROBES["golden_output@1"], raw)


def row(continuation: list[int], **change: Any) -> dict[str, Any]:
    golden = {"prompt": "p", "golden": [1, 2, 3, 4], "margins": [2.0, 0.4, 3.0, 0.5], "text": "said"}
    return {**golden, "continuation": continuation, **change}


@pytest.mark.parametrize(
    ("continuation", "regressed", "agreeing"),
    [
        ([1, 2, 3, 4], [], 100.0),
        ([1, 9, 9, 9], [], 25.0),
        ([1, 2, 3, 9], [], 75.0),
        ([9, 2, 3, 4], ["p at token 0"], 0.0),
        ([1, 2, 9, 4], ["p at token 2"], 50.0),
        ([1], ["p at token 1"], 25.0),
        ([], ["p at token 0"], 0.0),
    ],
)
def test_another_token_is_a_regression_where_the_checkpoint_was_sure(
    continuation: list[int], regressed: list[str], agreeing: float
) -> None:
    found = compared(row(continuation))
    assert (found["outputs_regressed"], found["tokens_agreeing_percent"]) == (regressed, agreeing)


@pytest.mark.parametrize("margins", [[None] * 4, [2.0], []])
def test_without_a_margin_every_change_is_a_regression(margins: list[float | None]) -> None:
    found = compared(row([1, 9, 9, 9], margins=margins))
    assert found["outputs_regressed"] == ["p at token 1"]
    assert found["largest_margin_parted"] is None


def test_how_sure_it_was_is_said() -> None:
    found = compared(row([1, 9, 3, 4]), row([1, 2, 3, 9], prompt="q"))
    assert (found["sure_percent"], found["largest_margin_parted"]) == (50.0, 0.5)
    assert found["distinct_margins"] == 4
    assert compared(row([1, 2, 3, 4]))["largest_margin_parted"] == 0.0


def test_of_nothing_there_is_no_agreement() -> None:
    found = compared(error="refused")
    assert (found["loads"], found["prompts"], found["tokens"]) == (False, 0, 0)
    assert found["tokens_agreeing_percent"] is found["sure_percent"] is None


@pytest.mark.parametrize(
    ("change", "gibberish", "empty"),
    [
        ({"continuation": [1, 1, 1, 1]}, ["p"], []),
        ({"continuation": [1, 2, 2, 2]}, [], []),
        ({"text": " \n\t"}, [], ["p"]),
        ({"text": ""}, [], ["p"]),
    ],
)
def test_poor_and_empty_outputs_are_named(
    change: dict[str, Any], gibberish: list[str], empty: list[str]
) -> None:
    found = compared(row(**{"continuation": [1, 2, 3, 4], **change}))
    assert (found["outputs_gibberish"], found["outputs_empty"]) == (gibberish, empty)


_TOKENS = st.lists(st.integers(0, 3), max_size=6)
_MARGINS = st.lists(st.one_of(st.none(), st.floats(0, 2)), max_size=6)


@given(_TOKENS, _TOKENS, _MARGINS)
def test_what_agrees_is_no_regression_and_a_lower_margin_finds_no_less(
    golden: list[int], continuation: list[int], margins: list[float | None]
) -> None:
    def regressed(said: list[int], margin: float) -> bool:
        return bool(compared(row(said, golden=golden, margins=margins), margin=margin)["outputs_regressed"])

    assert not regressed(golden, 0.1)
    assert regressed(continuation, 0.1) >= regressed(continuation, 1.0)


def test_a_record_keeps_every_continuation_and_counts_what_is_whole() -> None:
    sample = {"prompt": "p", "ids": [7], "continuation": [1, 2], "margins": [0.5, 0.25]}
    found = recorded({"device": "cpu", "dtype": "float32", "samples": [sample]})
    assert [strict_loads(line.encode()) for line in found["continuations"]] == [sample]
    assert (found["prompts"], found["tokens"], found["finite"], found["distinct_margins"]) == (1, 2, True, 2)
    short = recorded({"device": "cpu", "dtype": "float32", "samples": [{**sample, "margins": [None]}]})
    assert (short["tokens"], short["finite"], short["distinct_margins"]) == (1, False, 0)
    nothing = recorded({"device": "cpu", "dtype": "float32", "samples": []})
    assert (nothing["prompts"], nothing["tokens"], nothing["finite"]) == (0, 0, False)


@pytest.mark.parametrize(("name", "largest"), [("q8-0", 0.2016), ("bf16", 0.0387)])
def test_the_margins_lie_above_what_the_base_model_showed(
    catalogue: Catalogue, name: str, largest: float
) -> None:
    """The figures of the contract's notes are those of the samples beside it."""
    raw = strict_loads(catalogue.data[f"fixture-golden-{name}"].path.read_bytes())["raw"]
    parted = summarize(raw)["largest_margin_parted"]
    assert parted == pytest.approx(largest, abs=1e-4)
    assert 2 * parted < raw["margin"]
