"""Python validity: what is kept of a continuation, what a cut excuses, and a run that goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shipworthy.errors import ShipworthyError
from shipworthy.pipeline.evaluation import Continuation, Prompt, PythonSyntax, evaluate
from shipworthy.pipeline.evaluation.continuation import Continued, Stopped
from shipworthy.pipeline.evaluation.python_syntax import judged

PROMPT = 'def f(x):\n    """Return x."""\n'
SETTINGS: dict[str, Any] = {"max_tokens": 8, "engine": "torch"}
PROMPTS = [Prompt("one", PROMPT), Prompt("two", "def g(y):\n")]


@pytest.mark.parametrize(
    ("text", "stopped", "status", "kept"),
    [
        ("    return x\n", "stop", "valid", "    return x\n"),
        ("    return x", "eos", "valid", "    return x"),
        ("    return (x", "eos", "invalid", "    return (x"),
        ("    return (x", "length", "valid", ""),
        ("    return x\n    retu", "length", "valid", "    return x\n"),
        ("    x = 'no end", "length", "valid", ""),
        ("    if x:\n        re", "length", "incomplete", "    if x:\n"),
        ("    x = [\n        1,\n        2", "length", "incomplete", "    x = [\n        1,\n"),
        ("    x = '''text\n    goes on", "length", "incomplete", "    x = '''text\n"),
        ("    try:\n        x()\n", "length", "incomplete", "    try:\n        x()\n"),
        ("    try:\n        x()\n", "stop", "invalid", "    try:\n        x()\n"),
        ("    return x x\n    y", "length", "invalid", "    return x x\n"),
        ("    x = (1\n    y = 2\n    z = 3", "length", "invalid", "    x = (1\n    y = 2\n"),
        ("    return x\r    y", "length", "valid", "    return x\r"),
        ("", "stop", "valid", ""),
        ("    ```", "eos", "invalid", "    ```"),
    ],
)
def test_what_is_parsed_and_what_the_parser_says(text: str, stopped: Stopped, status: str, kept: str) -> None:
    parsed, length = judged(PROMPT, Continued(text, 9, stopped))
    assert (parsed.status, text[:length]) == (status, kept)


def row(name: str = "one", **change: Any) -> Continuation:
    stated = {"continuation": "    return x\n", "tokens": 4, "stopped": "stop", "kept": 13, "parsed": "valid"}
    return Continuation(name=name, error="", **{**stated, **change})


def test_only_what_was_cut_may_be_incomplete() -> None:
    assert row().valid
    assert row(parsed="incomplete", stopped="length").valid
    for stopped in ("stop", "eos"):
        assert not row(parsed="incomplete", stopped=stopped).valid
    for parsed in ("invalid", "refused", "died"):
        assert not row(parsed=parsed, stopped="length").valid


def test_white_space_is_nothing() -> None:
    assert row(kept=0).empty
    assert row(continuation="    \n\t\n", kept=7).empty
    assert not row().empty


def test_the_figure_counts_each_prompt_once() -> None:
    found = PythonSyntax(PROMPTS).summary([row(), row("two", parsed="invalid")])
    assert (found["prompts"], found["valid"], found["syntax_errors"]) == (2, 0.5, ["two"])
    assert found["interval"]["low"] < 0.5 < found["interval"]["high"]
    with pytest.raises(ValueError, match="twice"):
        PythonSyntax(PROMPTS).summary([row(), row()])
    with pytest.raises(ValueError, match="no interval"):
        PythonSyntax(PROMPTS).summary([])


def test_a_run_is_kept_and_goes_on(small_apr: Path, tmp_path: Path) -> None:
    found = evaluate(small_apr, tmp_path, PythonSyntax(PROMPTS), **SETTINGS)
    lines = (tmp_path / "completions.jsonl").read_bytes()
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [r.get("name") for r in rows] == [None, "one", "two"]
    assert (found["evaluation"], found["prompts"]) == ("python-syntax", 2)
    assert (found["parameters_on"], found["cache_on"]) == ("cpu", "cpu")
    (tmp_path / "completions.jsonl").write_bytes(lines[:-5])
    assert evaluate(small_apr, tmp_path, PythonSyntax(PROMPTS), **SETTINGS) == found
    assert (tmp_path / "completions.jsonl").read_bytes() == lines


def test_other_prompts_need_another_directory(small_apr: Path, tmp_path: Path) -> None:
    evaluate(small_apr, tmp_path, PythonSyntax(PROMPTS[:1]), **SETTINGS)
    with pytest.raises(ShipworthyError) as caught:
        evaluate(small_apr, tmp_path, PythonSyntax(PROMPTS), **SETTINGS)
    assert caught.value.code == "other-evaluation"


def test_a_prompt_that_fills_the_context_is_continued_by_nothing(small_apr: Path, tmp_path: Path) -> None:
    prompts = [Prompt("long", "def f():\n" + "    x = 1\n" * 200)]
    evaluate(small_apr, tmp_path, PythonSyntax(prompts), **SETTINGS)
    kept = json.loads((tmp_path / "completions.jsonl").read_bytes().splitlines()[1])
    assert (kept["continuation"], kept["tokens"], kept["stopped"]) == ("", 0, "length")
    assert Continuation(**{name: kept[name] for name in kept if name != "row_sha256"}).empty
