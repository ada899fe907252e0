"""Planted defects of evaluations: raw samples in, raw samples with one thing wrong out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from ...canonical import sha256_bytes
from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]

_ELSEWHERE = sha256_bytes(b"another")


def _changed(raw: Raw, change: Callable[[Object], Any]) -> Object:
    """A copy whose first run was changed."""
    changed = deepcopy(dict(raw))
    change(changed["runs"][0])
    return changed


def _attempts(raw: Raw, change: Callable[[list[Object]], Any]) -> Object:
    return _changed(raw, lambda run: change(run["attempts"]))


def _continuations(raw: Raw, change: Callable[[list[Object]], Any]) -> Object:
    return _changed(raw, lambda run: change(run["continuations"]))


def _all(rows: list[Object], **values: Any) -> None:
    for row in rows:
        row.update(values)


def _fail(rows: list[Object]) -> None:
    _all(rows, ended="failed", passed=False)


def problem_dropped(raw: Raw) -> Object:
    """The last problem is not in the receipt."""
    return _attempts(raw, lambda rows: rows.pop())


def problem_repeated(raw: Raw) -> Object:
    """The first problem stands where the last one should."""
    return _attempts(raw, lambda rows: rows.__setitem__(-1, dict(rows[0])))


def no_problems(raw: Raw) -> Object:
    """The run holds no attempt."""
    return _attempts(raw, list.clear)


def other_problems(raw: Raw) -> Object:
    """The digest of the problems is another one."""
    return _changed(raw, lambda run: run.update(problems_sha256=_ELSEWHERE))


def not_executed(raw: Raw) -> Object:
    """One attempt is said to have passed, and its program was not run."""
    return _attempts(raw, lambda rows: rows[0].update(ended="not_run", passed=True))


def not_isolated(raw: Raw) -> Object:
    """The run says that it was not isolated."""
    return _changed(raw, lambda run: run.update(isolated=False))


def passed_whatever_ended(raw: Raw) -> Object:
    """Every attempt is said to have passed; the last one failed."""
    return _attempts(raw, lambda rows: rows[-1].update(ended="failed", passed=True))


def solves_fewer(raw: Raw, solved: int) -> Object:
    """All attempts but the first `solved` failed."""
    return _attempts(raw, lambda rows: _fail(rows[solved:]))


def best_of_many(raw: Raw) -> Object:
    """Ten samples of each problem."""
    return _changed(raw, lambda run: run.update(samples=10))


def sampled(raw: Raw) -> Object:
    """A temperature of 0.8."""
    return _changed(raw, lambda run: run.update(temperature=0.8))


def other_token_limit(raw: Raw) -> Object:
    """Half as many tokens at most."""
    return _changed(raw, lambda run: run.update(max_tokens=run["max_tokens"] // 2))


def gpu_in_name_only(raw: Raw) -> Object:
    """The label says cuda; parameters and cache were seen on the CPU."""
    return _changed(raw, lambda run: run.update(device="cuda", parameters_on="cpu", cache_on="cpu"))


def one_completion(raw: Raw) -> Object:
    """Every attempt has the digest of the first one's completion."""
    return _attempts(raw, lambda rows: _all(rows, completion_sha256=rows[0]["completion_sha256"]))


def one_time(raw: Raw) -> Object:
    """Every program took as long as the first one."""
    return _attempts(raw, lambda rows: _all(rows, seconds=rows[0]["seconds"]))


def time_not_finite(raw: Raw) -> Object:
    """One time is not a number; strict JSON keeps it as null."""
    return _attempts(raw, lambda rows: rows[0].update(seconds=None))


def run_left_out(raw: Raw) -> Object:
    """One run fewer."""
    return {**deepcopy(dict(raw)), "runs": deepcopy(raw["runs"][:-1])}


def run_added(raw: Raw) -> Object:
    """One run more, of a process of its own."""
    again = {**deepcopy(raw["runs"][0]), "process": "1-00000000"}
    return {**deepcopy(dict(raw)), "runs": [*deepcopy(raw["runs"]), again]}


def completion_differs(raw: Raw) -> Object:
    """The last completion of the first run is another."""
    return _attempts(raw, lambda rows: rows[-1].update(completion_sha256=_ELSEWHERE))


def result_differs(raw: Raw) -> Object:
    """The last attempt of the first run failed."""
    return _attempts(raw, lambda rows: _fail(rows[-1:]))


def _baseline(raw: Raw, **values: Any) -> Object:
    changed = deepcopy(dict(raw))
    changed["baseline"].update(values)
    return changed


def baseline_later(raw: Raw) -> Object:
    """The baseline began when the run did."""
    return _baseline(raw, started=raw["runs"][0]["started"])


def baseline_of_another(raw: Raw) -> Object:
    """The baseline is of another checkpoint."""
    return _baseline(raw, subject_sha256=_ELSEWHERE)


def baseline_copied(raw: Raw) -> Object:
    """The run is that of the baseline's process."""
    return _changed(raw, lambda run: run.update(process=raw["baseline"]["process"]))


def baseline_of_fewer(raw: Raw) -> Object:
    """The baseline attempted one problem fewer."""
    return _baseline(raw, problems=raw["baseline"]["problems"] - 1)


def continuation_dropped(raw: Raw) -> Object:
    """The last prompt is not in the receipt."""
    return _continuations(raw, lambda rows: rows.pop())


def continuation_repeated(raw: Raw) -> Object:
    """The first prompt stands where the last one should."""
    return _continuations(raw, lambda rows: rows.__setitem__(-1, dict(rows[0])))


def prompt_twice(raw: Raw) -> Object:
    """The first prompt stands there once more."""
    return _continuations(raw, lambda rows: rows.append(dict(rows[0])))


def prompt_renamed(raw: Raw) -> Object:
    """Every row keeps its name and has the first one's text."""
    return _continuations(raw, lambda rows: _all(rows, prompt_sha256=rows[0]["prompt_sha256"]))


def no_prompts(raw: Raw) -> Object:
    """The run holds no continuation."""
    return _continuations(raw, list.clear)


def continuation_wrong(raw: Raw, wrong: int) -> Object:
    """The first `wrong` continuations are no Python."""
    return _continuations(raw, lambda rows: _all(rows[:wrong], parsed="invalid"))


def incomplete_at_its_end(raw: Raw, wrong: int) -> Object:
    """The first `wrong` continuations are incomplete, and nothing cut them."""
    return _continuations(raw, lambda rows: _all(rows[:wrong], parsed="incomplete", stopped="eos"))


def parser_died(raw: Raw) -> Object:
    """On the first two continuations the parser died."""
    return _continuations(raw, lambda rows: _all(rows[:2], parsed="died"))


def not_parsed(raw: Raw) -> Object:
    """Of the first continuation the parser said nothing."""
    return _continuations(raw, lambda rows: rows[0].update(parsed=""))


def nothing_written(raw: Raw) -> Object:
    """Behind the first prompt nothing was written, and the prompt alone is valid."""
    return _continuations(raw, lambda rows: rows[0].update(kept_bytes=0))


def one_continuation(raw: Raw) -> Object:
    """Every prompt has the first one's continuation."""
    return _continuations(raw, lambda rows: _all(rows, continuation_sha256=rows[0]["continuation_sha256"]))


MADE = makes(
    "measurement",
    problem_dropped,
    problem_repeated,
    no_problems,
    other_problems,
    not_executed,
    not_isolated,
    passed_whatever_ended,
    solves_fewer,
    best_of_many,
    sampled,
    other_token_limit,
    gpu_in_name_only,
    one_completion,
    one_time,
    time_not_finite,
    run_left_out,
    run_added,
    completion_differs,
    result_differs,
    baseline_later,
    baseline_of_another,
    baseline_copied,
    baseline_of_fewer,
    continuation_dropped,
    continuation_repeated,
    prompt_twice,
    prompt_renamed,
    no_prompts,
    continuation_wrong,
    incomplete_at_its_end,
    parser_died,
    not_parsed,
    nothing_written,
    one_continuation,
)
