"""A count is whatever somebody wrote: no integer of recorded samples makes a summary take time or memory.

The samples are those of the committed bundles; each integer of another place in them becomes 10^18.
"""

from __future__ import annotations

import copy
import json
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from shipworthy.contract.probe import quantities_of
from shipworthy.contract.probes import PROBES, RETIRED
from shipworthy.errors import ShipworthyError

ROOT = Path(__file__).parents[3]
BUNDLES = (
    *(ROOT / "evidence" / "reference").glob("2*"),
    *(ROOT / "tests" / "data" / "bundles").glob("*/*/2*"),
)
MEASUREMENTS = {
    f"{path.parents[2].name}/{path.stem}": path
    for bundle in BUNDLES
    for path in sorted(bundle.glob("measurements/*.json"))
}
HUGE = 10**18
SECONDS = 5
BYTES = 1 << 30


class _TooLong(BaseException):
    """No Exception, which would be taken for a summary that broke."""


@contextmanager
def bounded() -> Iterator[None]:
    """What takes all memory or time of this machine otherwise ends the test."""

    def end(signum: int, frame: FrameType | None) -> None:
        raise _TooLong

    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = signal.signal(signal.SIGVTALRM, end)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * BYTES, limits[1]))
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGVTALRM, before)


def integers(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of each integer, of a list those of its first and its last item."""
    if type(value) is int:
        yield place
    elif isinstance(value, dict):
        for key in [*value][:12]:
            yield from integers(value[key], (*place, key))
    elif isinstance(value, list) and value:
        for index in sorted({0, len(value) - 1}):
            yield from integers(value[index], (*place, index))


def with_huge(raw: Any, place: tuple[Any, ...]) -> Any:
    """A copy in which one place holds the number; the rest is shared."""
    if not place:
        return HUGE
    changed = copy.copy(raw)
    changed[place[0]] = with_huge(raw[place[0]], place[1:])
    return changed


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_no_integer_makes_a_summary_take_long_or_much(name: str) -> None:
    measurement = json.loads(MEASUREMENTS[name].read_bytes())
    probe, raw = {**RETIRED, **PROBES}[measurement["probe"]], measurement["raw"]
    quantities_of(probe, raw)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for place in integers(raw):
        changed = with_huge(raw, place)
        with bounded(), suppress(ShipworthyError):
            try:
                quantities_of(probe, changed)
            except _TooLong:
                pytest.fail(f"{place} of 10^18 takes more than {SECONDS} s")
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        assert grown < BYTES // 2, place
