"""JSON of any shape in a bundle is refused or found wanting, never a crash, and never better."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from corpus_bundles import Files, bound_anew, corpus_bundle, discharged, files_of, verified

from shipworthy.errors import FileError
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


AS_STATED = {
    "predicate/criteria/*/falsifiers/*/checks/*/message",
    "predicate/criteria/*/falsifiers/*/detail",
    "predicate/criteria/*/proof/problem",
    "predicate/inputs/data/*",
    "predicate/inputs/registrations/*",
    "predicate/started",
    "predicate/subject/found/tokenizer",
    "predicate/tool/name",
    "predicate/tool/version",
}
"""What nothing in an unsigned bundle says twice: docs/evidence.md, what it does not show. Inputs that a
contract or proof in the bundle names are bound by their hashes; the others are of contracts not in it."""


def another(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, str):
        return ("1" if value.startswith("0") else "0") + value[1:]
    return not value if isinstance(value, bool) else value + 1


def pattern(place: tuple[Any, ...]) -> str:
    *holders, last = place
    free = "data" in holders or "registrations" in holders
    return "/".join("*" if isinstance(key, int) or (free and key is last) else str(key) for key in place)


def test_every_value_that_an_unsigned_statement_changes_is_named() -> None:
    """Its files as they are: a statement that says otherwise than they do is refused or has a finding."""
    files = files_of(PATH)
    document = json.loads(files["statement.json"])
    unnamed, tried = set(), 0
    for place in nodes(document):
        value = document
        for key in place:
            value = value[key]
        if value is None or isinstance(value, dict | list):
            continue
        tried += 1
        changed = {**files, "statement.json": json_bytes(with_value(document, place, another(value)))}
        if not is_named(changed):
            unnamed.add(pattern(place))
    assert tried > 200
    assert unnamed <= AS_STATED, unnamed - AS_STATED


def is_named(files: Files) -> bool:
    try:
        return bool(verified(PATH, files).findings)
    except FileError:
        return True


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
