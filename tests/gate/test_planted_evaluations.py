"""Each planted defect of an evaluation changes the one thing that it says, and nothing of what is good."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Planted
from shipworthy.contract.defects import DEFECTS
from shipworthy.gate.planted import evaluations, plant_in_raw

Raw = dict[str, Any]
Check = Callable[[Raw, Raw], bool]


def attempts(raw: Raw) -> list[Raw]:
    found: list[Raw] = raw["runs"][0]["attempts"]
    return found


def rows(raw: Raw) -> list[Raw]:
    found: list[Raw] = raw["runs"][0]["continuations"]
    return found


def ended(raw: Raw) -> list[str]:
    return [row["ended"] for row in attempts(raw)]


def stated(name: str) -> Callable[[Raw], Any]:
    return lambda raw: raw["runs"][0][name]


CHECKS: dict[str, Check] = {
    "problem_dropped": lambda good, bad: attempts(bad) == attempts(good)[:-1],
    "problem_repeated": lambda good, bad: attempts(bad) == [*attempts(good)[:-1], attempts(good)[0]],
    "no_problems": lambda _, bad: attempts(bad) == [],
    "other_problems": lambda good, bad: stated("problems_sha256")(bad) != stated("problems_sha256")(good),
    "not_executed": lambda _, bad: (
        (attempts(bad)[0]["ended"], attempts(bad)[0]["passed"]) == ("not_run", True)
    ),
    "not_isolated": lambda _, bad: stated("isolated")(bad) is False,
    "passed_whatever_ended": lambda _, bad: (
        all(row["passed"] for row in attempts(bad)) and ended(bad).count("failed") == 1
    ),
    "solves_fewer": lambda _, bad: ended(bad) == ["completed"] * 49 + ["failed"] * 115,
    "best_of_many": lambda _, bad: stated("samples")(bad) == 10,
    "sampled": lambda _, bad: stated("temperature")(bad) > 0,
    "other_token_limit": lambda _, bad: stated("max_tokens")(bad) == 256,
    "gpu_in_name_only": lambda _, bad: (stated("device")(bad), stated("cache_on")(bad)) == ("cuda", "cpu"),
    "one_completion": lambda _, bad: len({row["completion_sha256"] for row in attempts(bad)}) == 1,
    "one_time": lambda _, bad: len({row["seconds"] for row in attempts(bad)}) == 1,
    "time_not_finite": lambda _, bad: [row["seconds"] for row in attempts(bad)].count(None) == 1,
    "run_left_out": lambda good, bad: bad["runs"] == good["runs"][:-1],
    "run_added": lambda good, bad: (
        bad["runs"][:-1] == good["runs"] and bad["runs"][-1]["process"] != good["runs"][0]["process"]
    ),
    "completion_differs": lambda good, bad: (
        attempts(bad)[:-1] == attempts(good)[:-1] and ended(bad) == ended(good) and bad != good
    ),
    "result_differs": lambda _, bad: ended(bad)[-1] == "failed" and ended(bad).count("failed") == 1,
    "baseline_later": lambda good, bad: bad["baseline"]["started"] == stated("started")(good),
    "baseline_of_another": lambda good, bad: bad["baseline"]["subject_sha256"] != good["subject_sha256"],
    "baseline_copied": lambda good, bad: stated("process")(bad) == good["baseline"]["process"],
    "baseline_of_fewer": lambda _, bad: bad["baseline"]["problems"] == 163,
    "continuation_dropped": lambda good, bad: rows(bad) == rows(good)[:-1],
    "continuation_repeated": lambda good, bad: rows(bad) == [*rows(good)[:-1], rows(good)[0]],
    "prompt_twice": lambda good, bad: rows(bad) == [*rows(good), rows(good)[0]],
    "prompt_renamed": lambda _, bad: (
        len({row["prompt"] for row in rows(bad)}) == 100
        and len({row["prompt_sha256"] for row in rows(bad)}) == 1
    ),
    "no_prompts": lambda _, bad: rows(bad) == [],
    "continuation_wrong": lambda _, bad: [row["parsed"] for row in rows(bad)].count("invalid") == 2,
    "incomplete_at_its_end": lambda _, bad: (
        [(row["parsed"], row["stopped"]) for row in rows(bad)].count(("incomplete", "eos")) == 2
    ),
    "parser_died": lambda _, bad: [row["parsed"] for row in rows(bad)].count("died") == 2,
    "not_parsed": lambda _, bad: [row["parsed"] for row in rows(bad)].count("") == 1,
    "nothing_written": lambda _, bad: [row["kept_bytes"] for row in rows(bad)].count(0) == 1,
    "one_continuation": lambda _, bad: len({row["continuation_sha256"] for row in rows(bad)}) == 1,
}
WITH = {
    "solves_fewer": {"solved": 49},
    "continuation_wrong": {"wrong": 2},
    "incomplete_at_its_end": {"wrong": 2},
}


def test_every_defect_of_evaluations_is_tried_here() -> None:
    assert set(CHECKS) == {name for _, name in evaluations.MADE}


@pytest.mark.parametrize("name", CHECKS)
def test_it_changes_what_it_says(catalogue: Catalogue, name: str) -> None:
    good: Raw = json.loads(catalogue.data[DEFECTS[name].fixture].path.read_bytes())["raw"]
    before = deepcopy(good)
    planted = Planted(name, "measurement", red="", on=None, parameters=WITH.get(name, {}))
    bad = plant_in_raw(planted, good)
    assert good == before
    assert CHECKS[name](good, bad)
    assert not CHECKS[name](good, before)
