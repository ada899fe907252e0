"""A kill on few samples is a kill on all of them; what few do not show is measured in whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.canonical import sha256_file
from shipworthy.contract import Catalogue, DataFile, Outcome, Planted, judge, quantities_of
from shipworthy.contract.probe import DATA_REFERENCE, Probe, Quantity, Screen, registry
from shipworthy.contract.probes import PROBES
from shipworthy.contract.proof import proof_path
from shipworthy.errors import ContractError
from shipworthy.gate.falsify.cells import Cell, cells_of, run_cell
from shipworthy.gate.falsify.good import Good
from shipworthy.gate.falsify.matrix import Kill
from shipworthy.gate.falsify.remembered import Remembered
from shipworthy.gate.falsify.run import seconds_left
from shipworthy.gate.falsify.screen import stays_red
from shipworthy.gate.measure import modules_of
from shipworthy.gate.warm_client import WarmWorkers
from shipworthy.report.matrix import row_line

ID, FALSIFIER = "AC-SHIP2-009", "FALSIFY-SHIP-019"
PARITY = PROBES["llama_cpp_parity@2"]
GROWS = Quantity("number", "a largest value", with_more_samples="grows")
FALLS = Quantity("boolean", "all is well", with_more_samples="falls")
PLAIN = Quantity("number", "a mean")


@pytest.mark.parametrize(
    ("quantity", "constraint", "found", "certain"),
    [
        (GROWS, {"maximum": 1.0}, 2.0, True),
        (GROWS, {"maximum": 1.0}, 1.0, False),
        (GROWS, {"exclusiveMaximum": 1.0}, 1.0, True),
        (GROWS, {"minimum": 3.0}, 2.0, False),
        (GROWS, {"minimum": 3.0, "maximum": 9.0}, 2.0, False),
        (GROWS, {"const": 0}, 1, True),
        (GROWS, {"const": 2}, 1, False),
        (GROWS, {"maximum": 1.0}, None, False),
        (GROWS, {"maximum": 1.0}, float("nan"), False),
        (GROWS, {"const": 0}, True, False),
        (GROWS, {"enum": [0]}, 1, False),
        (FALLS, {"const": True}, False, True),
        (FALLS, {"const": False}, True, False),
        (FALLS, {"const": True}, None, False),
        (PLAIN, {"maximum": 1.0}, 2.0, False),
    ],
)
def test_only_what_more_samples_make_worse_is_certain(
    quantity: Quantity, constraint: dict[str, Any], found: Any, certain: bool
) -> None:
    assert stays_red(quantity, constraint, found) == certain


_VALUE = st.one_of(st.none(), st.floats(0, 1))
_ID = st.integers(-1, 2)


@st.composite
def samples(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        length = draw(st.integers(1, 3))

        def values(of: st.SearchStrategy[Any], length: int = length) -> list[Any]:
            return draw(st.lists(of, min_size=length, max_size=length))

        found.append(
            {
                "prompt": str(number),
                "token_ids_equal": draw(st.booleans()),
                "texts_equal": draw(st.booleans()),
                "asked": draw(st.integers(length, length + 1)),
                "ours_in": "float32",
                "kl_nats": values(_VALUE),
                "top1_probability_difference": values(_VALUE),
                "margin": values(_VALUE),
                "argmax": values(_ID),
                "argmax_llama_cpp": values(_ID),
            }
        )
    return found


@given(samples(), st.integers(1, 6))
def test_what_is_certain_of_few_prompts_fails_over_all(rows: list[dict[str, Any]], first: int) -> None:
    expect: dict[str, Any] = {
        "finite": {"const": True},
        "token_ids_differ": {"const": 0},
        "texts_differ": {"const": 0},
        "lengths_differ": {"const": 0},
        "exact_zeros": {"const": 0},
        "argmax_flips": {"maximum": 1},
        "flips_above_margin": {"const": 0},
        "largest_flip_margin": {"maximum": 0.5},
        "top1_probability_difference": {"maximum": 0.5},
        "max_kl_nats": {"exclusiveMaximum": 0.25},
    }

    def judged(of: list[dict[str, Any]]) -> dict[str, Any]:
        raw = {"loads": True, "error": None, "llama_cpp": {}, "matrices": {}, "used": {}, "samples": of}
        return {c.quantity: c for c in judge(expect, quantities_of(PARITY, raw), PARITY, {}).checks}

    whole = judged(rows)
    for name, check in judged(rows[:first]).items():
        if stays_red(PARITY.quantities[name], check.constraint, check.found):
            assert (check.outcome, whole[name].outcome) == (Outcome.FAIL, Outcome.FAIL)


def test_a_screen_names_a_parameter_that_is_data() -> None:
    def probe(screen: Screen) -> Probe:
        return replace(PARITY, screen=screen)

    assert registry([probe(Screen("prompts", 2))])
    for name in ("positions", "nothing"):
        with pytest.raises(ContractError, match="no parameter that names a data file"):
            registry([probe(Screen(name, 2))])
    assert PARITY.parameters["prompts"] is DATA_REFERENCE


@pytest.fixture(scope="module")
def good(
    catalogue: Catalogue, fixture_llama: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Good]:
    """The small llama as if it were a real model."""
    with WarmWorkers(modules_of(PARITY.name)) as warm:
        yield Good(catalogue, tmp_path_factory.mktemp("good"), fixture_llama, warm.start)


def cells(good: Good) -> list[Cell]:
    found = cells_of(good, good.catalogue.contracts[ID])
    return [cell for cell in found if not cell.empty and cell.falsifier.id == FALSIFIER]


@pytest.fixture(scope="module")
def rows(good: Good) -> list[Kill]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda cell: run_cell(good, cell), cells(good)))


@pytest.mark.slow
def test_a_screened_kill_is_one_over_all_prompts(good: Good, rows: list[Kill]) -> None:
    """The committed proof says what all hundred prompts show of the same defects of the same fixture."""
    path = proof_path(good.catalogue, good.catalogue.contracts[ID])
    proven = json.loads(path.read_bytes())["falsifiers"][FALSIFIER]
    of_llama = [row for row in proven["planted"] if row["fixture"] == "fixture-llama"]
    whole = {(row["defect"], row["red"]): row["failed"] for row in of_llama}
    found = {(k.planted.defect, k.planted.red): k for k in rows if k.planted and k.applicable}
    assert found.keys() >= whole.keys()
    for key, failed in whole.items():
        assert found[key].as_hoped, key
        assert found[key].result.failed <= set(failed), key
        assert "prompts" not in found[key].result.failed
    kinds = {kill.screened for kill in found.values()}
    assert "6 of 100 prompts" in kinds
    assert sum(kill.screened != "" for kill in found.values()) > len(found) // 2


@pytest.mark.slow
def test_what_is_good_is_measured_in_whole(rows: list[Kill]) -> None:
    unplanted = [kill for kill in rows if kill.planted is None]
    assert unplanted
    for kill in unplanted:
        assert (kill.screened, kill.as_hoped) == ("", True)
        assert kill.result.quantities["prompts"] == 100


def with_data(good: Good, texts: list[dict[str, str]], folder: Path) -> Good:
    path = folder / "canary-100.jsonl"
    path.write_text("".join(json.dumps(text) + "\n" for text in texts))
    data = {**good.catalogue.data, "canary-100": DataFile("canary-100", path, sha256_file(path))}
    return Good(replace(good.catalogue, data=data), good.folder, good.model, good.start)


@pytest.mark.parametrize(("at", "screened"), [(0, ""), (8, "6 of 100 prompts")])
def test_a_defect_that_one_prompt_shows_is_found_wherever_it_stands(
    good: Good, tmp_path: Path, at: int, screened: str
) -> None:
    """The row of the line end is zero: only the text that has one can tell."""
    lines = good.catalogue.data["canary-100"].path.read_text().splitlines()
    texts = [json.loads(line) for line in lines]
    for number, text in enumerate(texts):
        words = " ".join(text["text"].split())
        text["text"] = words.replace(" ", "\n") if number == at else words
    own = with_data(good, texts, tmp_path)
    (cell,) = [c for c in cells(own) if c.planted and c.planted.defect == "embedding_row_zeroed"]
    kill = run_cell(own, cell)
    assert kill.as_hoped
    assert kill.screened == screened
    assert kill.result.criterion == own.trial(
        cell.contract, cell.fixture, own.subject(cell.form, cell.fixture), tmp_path
    ).criterion(cell.contract)
    remembered = Remembered(tmp_path / "cache")
    remembered.keep(own, cell, kill)
    assert remembered.find(own, cell) == replace(kill, remembered=True)
    assert kill.to_json().get("screened", "") == screened
    assert ("screened" in row_line(kill, 1, 2, 90.0)) == bool(screened)


def test_what_few_prompts_do_not_show_is_no_kill(good: Good, tmp_path: Path) -> None:
    """A defect that no prompt shows is measured in whole and stays what it is: not noticed."""
    lines = good.catalogue.data["canary-100"].path.read_text().splitlines()
    texts = [json.loads(line) for line in lines][:12]
    for text in texts:
        text["text"] = " ".join(text["text"].split())
    own = with_data(good, texts, tmp_path)
    (cell,) = [c for c in cells(own) if c.planted and c.planted.defect == "embedding_row_zeroed"]
    kill = run_cell(own, cell)
    assert (kill.as_hoped, kill.screened) == (False, "")
    assert kill.result.failed >= {"prompts"}  # twelve are no hundred: red, and no kill
    assert "argmax_flips" not in kill.result.failed


def test_what_remains_is_reckoned_by_falsifier(good: Good) -> None:
    cell = cells(good)[0]
    row = Kill(ID, cell.falsifier.id, "x", Planted("d", "gguf", "r", None, {}), True, None, 4.0)  # type: ignore[arg-type]
    other = replace(row, falsifier="FALSIFY-OTHER", seconds=1.0)
    assert seconds_left([row, other], []) == 0
    assert seconds_left([row, row, other], [cell, cell]) == 8.0
    assert seconds_left([other, replace(other, seconds=3.0)], [cell]) == 2.0
