"""Planted defects of receipts of evaluations: rows that cannot be, and runs that were made otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from ...canonical import sha256_bytes
from .table import makes

Raw = Mapping[str, Any]
Object = dict[str, Any]


def _first_run(raw: Raw, change: Callable[[Object], Any]) -> Object:
    changed = deepcopy(dict(raw))
    change(changed["runs"][0])
    return changed


def _rows(run: Object) -> list[Object]:
    """The run's rows, of HumanEval or of prompts that were continued."""
    found: list[Object] = run["attempts"] if "attempts" in run else run["continuations"]
    return found


def nearly_one_completion(raw: Raw) -> Object:
    """Every attempt but the last has the first one's completion."""

    def change(run: Object) -> None:
        for row in run["attempts"][:-1]:
            row["completion_sha256"] = run["attempts"][0]["completion_sha256"]

    return _first_run(raw, change)


def tokens_beyond_the_limit(raw: Raw) -> Object:
    """The first row has one token more than the limit admits."""
    return _first_run(raw, lambda run: _rows(run)[0].update(tokens=run["max_tokens"] + 1))


def solved_by_nothing(raw: Raw) -> Object:
    """Every completion but the last is empty, and solves its problem."""
    empty = sha256_bytes(b"")
    return _first_run(raw, lambda run: [row.update(completion_sha256=empty) for row in run["attempts"][:-1]])


def stopped_at_nothing(raw: Raw) -> Object:
    """The first row was stopped for no reason that there is."""
    return _first_run(raw, lambda run: _rows(run)[0].update(stopped="???"))


def programs_beyond_the_time(raw: Raw) -> Object:
    """Every program took a minute and more."""

    def change(run: Object) -> None:
        for number, row in enumerate(run["attempts"]):
            row["seconds"] = 60.0 + number

    return _first_run(raw, change)


def another_time_limit(raw: Raw) -> Object:
    """Programs had ten times as long."""
    return _first_run(raw, lambda run: run.update(seconds_limit=10 * run["seconds_limit"]))


def times_not_taken(raw: Raw) -> Object:
    """Every program but the first took no time."""
    return _first_run(raw, lambda run: [row.update(seconds=0.0) for row in run["attempts"][1:]])


def start_not_stated(raw: Raw) -> Object:
    """The first run began never."""
    return _first_run(raw, lambda run: run.update(started="never"))


def start_without_offset(raw: Raw) -> Object:
    """The first run's beginning has lost its offset from UTC."""
    return _first_run(raw, lambda run: run.update(started=run["started"].removesuffix("+00:00")))


def rerun_is_a_copy(raw: Raw) -> Object:
    """The first run has the attempts of the second."""
    return _first_run(raw, lambda run: run.update(attempts=deepcopy(raw["runs"][1]["attempts"])))


def runs_of_other_threads(raw: Raw) -> Object:
    """The first run had one thread more."""
    return _first_run(raw, lambda run: run.update(threads=run["threads"] + 1))


MADE = makes(
    "measurement",
    nearly_one_completion,
    tokens_beyond_the_limit,
    solved_by_nothing,
    stopped_at_nothing,
    programs_beyond_the_time,
    another_time_limit,
    times_not_taken,
    start_not_stated,
    start_without_offset,
    rerun_is_a_copy,
    runs_of_other_threads,
)
