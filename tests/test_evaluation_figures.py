"""The figures of docs/evaluation.md: the page says what the kept summaries say, and the plot is theirs."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from shipworthy.cli.evaluation_verbs import summary_lines
from shipworthy.exact_interval import exact_interval
from shipworthy.gate.canary import read_texts
from shipworthy.pipeline.evaluation import HumanEval, Prompt, PythonSyntax, Suite

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "figures"
TEXTS = read_texts(ROOT / "contracts" / "data" / "python-prompts-100.jsonl")
SUITES: dict[str, Suite[Any]] = {
    "human-eval": HumanEval(),
    "python-syntax": PythonSyntax([Prompt(text.id, text.text) for text in TEXTS]),
}
SUMMARIES = json.loads((FIGURES / "evaluation.json").read_bytes())


def test_there_are_figures() -> None:
    assert SUMMARIES
    assert len({found["subject"]["sha256"] for found in SUMMARIES}) == 1


@pytest.mark.parametrize("found", SUMMARIES, ids=lambda found: found["evaluation"])
def test_the_page_has_what_the_command_printed(found: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "evaluation.md").read_text().splitlines()
    for line in summary_lines(found):
        assert line in page


@pytest.mark.parametrize("found", SUMMARIES, ids=lambda found: found["evaluation"])
def test_a_summary_is_of_the_whole_suite_that_is_here(found: dict[str, Any]) -> None:
    suite = SUITES[found["evaluation"]]
    assert found["interval"]["n"] == len(suite)
    assert suite.settings().items() <= found.items()


@pytest.mark.parametrize("found", SUMMARIES, ids=lambda found: found["evaluation"])
def test_its_interval_follows_from_its_counts(found: dict[str, Any]) -> None:
    interval = found["interval"]
    if found["evaluation"] == "human-eval":
        assert (interval["low"], interval["high"]) == exact_interval(found["passed"], 164)
    else:
        low, high = exact_interval(len(found["syntax_errors"]), 100)
        assert (interval["low"], interval["high"]) == (1 - high, 1 - low)


def test_the_plot_is_that_of_the_summaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    plotted = importlib.import_module("plot_evaluation").svg(SUMMARIES)
    assert plotted == (FIGURES / "evaluation.svg").read_text()
