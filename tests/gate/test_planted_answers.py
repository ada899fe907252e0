"""Planted defects of receipts of answers and evaluations: each changes a copy, in what is to show it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from shipworthy.contract import Catalogue, Falsifier, Planted, quantities_of
from shipworthy.contract.defects import DEFECTS, answer_receipts, evaluation_receipts
from shipworthy.contract.probes import PROBES
from shipworthy.gate.planted import plant_in_raw

NAMES = [defect.name for topic in (answer_receipts, evaluation_receipts) for defect in topic.DECLARED]


def planted_in(catalogue: Catalogue, name: str) -> list[tuple[Falsifier, Planted]]:
    return [
        (falsifier, planted)
        for contract in catalogue.contracts.values()
        for falsifier in contract.falsifiers
        for planted in falsifier.planted
        if planted.defect == name
    ]


def differing(good: Any, bad: Any) -> set[str]:
    """The names of all fields in which two samples differ; of lists of other lengths `rows`."""
    if isinstance(good, dict):
        return {
            found
            for key in good
            for found in (
                {key}
                if not isinstance(good[key], dict | list) and good[key] != bad[key]
                else differing(good[key], bad[key])
            )
        }
    if isinstance(good, list) and good != bad:
        if len(good) != len(bad) or not isinstance(good[0], dict):
            return {"rows"}
        return {found for one, other in zip(good, bad, strict=True) for found in differing(one, other)}
    return set()


CHANGED: dict[str, set[str]] = {
    "row_repeated_until_green": {"rows"},
    "row_counted_twice": {"rows"},
    "fewer_tokens_asked": {"asked", "rows"},
    "continuations_end_at_once": {"rows", "ended"},
    "one_continuation_for_all": {"rows", "text"},
    "one_text_for_all": {"prompt", "bytes", "nats"},
    "loss_of_nothing": {"nats"},
    "written_by_another_engine": {"engine"},
    "written_on_another_device": {"cache_on"},
    "written_in_half": {"parameters_dtype"},
    "answerable_refused": {"torch", "llama_cpp"},
    "unanswerable_answered": {"torch", "llama_cpp"},
    "prompts_without_tokens": {"tokens"},
    "context_misstated": {"context"},
    "one_spread_for_all": {"least_spread"},
    "matrices_in_full": {"stored"},
    "goldens_of_its_own": {"sha256", "golden_sha256"},
    "rendered_to_nothing": {"bytes"},
    "nearly_one_completion": {"completion_sha256"},
    "tokens_beyond_the_limit": {"tokens"},
    "solved_by_nothing": {"completion_sha256"},
    "stopped_at_nothing": {"stopped"},
    "programs_beyond_the_time": {"seconds"},
    "another_time_limit": {"seconds_limit"},
    "times_not_taken": {"seconds"},
    "start_not_stated": {"started"},
    "start_without_offset": {"started"},
    "rerun_is_a_copy": {"seconds"},
    "runs_of_other_threads": {"threads"},
}


def test_every_one_is_tried_here() -> None:
    assert set(CHANGED) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_changes_a_copy_and_the_quantity_that_is_to_show_it(catalogue: Catalogue, name: str) -> None:
    found = planted_in(catalogue, name)
    assert found
    for falsifier, planted in found:
        fixture = catalogue.data[planted.on or DEFECTS[name].fixture]
        raw = json.loads(fixture.path.read_bytes())["raw"]
        good = deepcopy(raw)
        bad = plant_in_raw(planted, raw)
        assert raw == good
        assert differing(good, bad) == CHANGED[name]
        probe = PROBES[falsifier.probe]
        assert quantities_of(probe, good)[planted.red] != quantities_of(probe, bad)[planted.red]
