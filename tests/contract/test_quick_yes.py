"""The quick yes never says yes where the validator says no; on good files it says yes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy import strict_yaml
from shipworthy.canonical import strict_loads
from shipworthy.contract.probes import PROBES
from shipworthy.contract.quick_yes import accepts
from shipworthy.contract.schemas import Kind, quick_yes, validator

ROOT = Path(__file__).parents[2] / "contracts"
GOOD: list[tuple[Kind, Any]] = [
    (kind, strict_yaml.load(path).value)
    for kind, pattern in (
        ("contract", "*.yaml"),
        ("host", "hosts/*.yaml"),
        ("registration", "models/*.yaml"),
        ("release", "releases/*.yaml"),
    )
    for path in sorted(ROOT.glob(pattern))
]
odd_values = st.sampled_from(
    [None, True, 0, -1, 1.5, 24.0, 1e400, "", "AC-X-1", "no good\n", [], ["a", "a"], [1, 1], {}, {"x": 1}]
).map(copy.deepcopy)


def places(value: Any, keys: tuple = ()) -> list[tuple]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [keys, *(place for key, member in below for place in places(member, (*keys, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Kind, Any]:
    kind, good = draw(st.sampled_from(GOOD))
    value = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 2))):
        *above, last = draw(st.sampled_from([place for place in places(value) if place]))
        holder = value
        for key in above:
            holder = holder[key]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                holder[last] = draw(odd_values)
            case "remove":
                del holder[last]
            case _ if isinstance(holder, dict):
                holder[draw(st.sampled_from(["extra", "Extra", "1"]))] = draw(odd_values)
            case _:
                holder.append(draw(odd_values))
        if not places(value)[1:]:
            break
    return kind, value


@pytest.mark.parametrize(("kind", "value"), GOOD)
def test_a_good_file_needs_no_second_look(kind: Kind, value: Any) -> None:
    assert quick_yes(kind)(value)


@given(mutated())
def test_yes_is_never_said_where_the_validator_says_no(case: tuple[Kind, Any]) -> None:
    kind, value = case
    if quick_yes(kind)(value):
        assert validator(kind).is_valid(value)


def test_a_keyword_that_it_does_not_know_is_refused_when_it_is_made() -> None:
    with pytest.raises(KeyError):
        accepts({"oneOf": [{}]}, {})


@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("fixture-*.json")), ids=lambda path: path.stem)
def test_recorded_samples_need_no_second_look_and_a_change_is_seen(path: Path) -> None:
    """A probe whose schema the quick yes cannot tell has the validator alone; none of ours is one."""
    stored = strict_loads(path.read_bytes())
    if "raw" not in stored:  # the vocabulary of the fixtures
        return
    probe = PROBES[stored["probe"]]
    yes, raw = accepts(probe.raw_schema, {}), stored["raw"]
    assert yes(raw)
    name = next(iter(raw))
    wrong = [{key: value for key, value in raw.items() if key != name}, {**raw, name: object()}, [], None]
    assert [yes(bad) for bad in wrong] == [False] * 4
