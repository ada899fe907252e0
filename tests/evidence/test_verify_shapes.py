"""JSON of any shape in a bundle is refused or found wanting, never a crash, and never better."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from corpus_bundles import Files, bound_anew, corpus_bundle, discharged, files_of

from shipworthy.evidence import json_bytes

PATH = corpus_bundle("0.1.0/unsigned")
ODD: list[Any] = [None, True, -1, 0.5, "", "x", [], {}, [[]], {"x": []}, 2**70, 10**400]
TRIED = 120
FILES = ("statement.json", "measurements/FALSIFY-C-03.json", "contracts/proofs/C-03.json", "environment.json")


def nodes(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in a document."""
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from nodes(item, (*place, key))


def with_value(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(document)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return changed


def rebound(files: Files) -> Files:
    try:
        return bound_anew(files)
    except (KeyError, TypeError, AttributeError, ValueError):
        return files


@pytest.mark.parametrize("name", FILES)
def test_a_value_of_any_shape_anywhere_is_no_crash_and_no_better(name: str) -> None:
    files = files_of(PATH)
    before = discharged(PATH, files)
    document = json.loads(files[name])
    chosen = random.Random(name)
    places = sorted(nodes(document), key=len)
    tried = [*places[:30], *chosen.sample(places, min(TRIED, len(places)))]
    for place in tried:
        value = chosen.choice(ODD)
        changed = {**files, name: json_bytes(with_value(document, place, value))}
        assert discharged(PATH, rebound(changed)) <= before, (place, value)
