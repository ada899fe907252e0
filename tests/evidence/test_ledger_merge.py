"""Two ledgers become one that keeps every line and shows where they had gone apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.errors import FileError
from shipworthy.evidence.ledger import (
    GENESIS,
    LEDGER,
    Entry,
    Ledger,
    examine,
    line_digest,
    merge,
    read_ledger,
    read_lines,
    record_bundle,
)
from shipworthy.report.ledger_lines import ledger_lines
from small_ledgers import bundle_files, chain, record

PATH = Path("ledger.jsonl")
counts = st.integers(0, 6)


@given(counts, counts, counts)
def test_nothing_is_lost_and_the_order_of_the_two_does_not_matter(common: int, left: int, right: int) -> None:
    start = chain(common)
    one, other = chain(left, after=start, name="left"), chain(right, after=start, name="right")
    both = merge(one, other)
    assert both.data() == merge(other, one).data()
    assert read_lines(both.data(), PATH) == both
    assert set(one.lines) | set(other.lines) <= set(both.lines)
    assert both.holds(one.head)
    assert both.holds(other.head)
    assert len(both.joins) == (left > 0 and right > 0)
    assert merge(both, one) == both == merge(both, both)


def test_a_fork_says_where_it_began_and_ended() -> None:
    start = chain(3)
    one, other = chain(2, after=start, name="left"), chain(1, after=start, name="right")
    both = merge(one, other)
    (join,) = both.joins
    assert (join.number, join.previous) == (6, tuple(sorted((one.head, other.head))))
    followers = [line.number for line in both.lines.values() if start.head in line.previous]
    assert followers == [4, 4]


def test_a_merged_ledger_without_its_join_is_forked() -> None:
    both = merge(chain(2, name="left"), chain(2, name="right"))
    without = b"".join(both.data().splitlines(keepends=True)[:-1])
    with pytest.raises(FileError, match="ledger-forked"):
        read_lines(without, PATH)


def test_a_branch_cannot_be_left_out_of_a_merged_ledger() -> None:
    start = chain(1)
    both = merge(chain(1, after=start, name="left"), chain(2, after=start, name="right"))
    lines = both.data().splitlines(keepends=True)
    for position in range(len(lines) - 1):
        with pytest.raises(FileError):
            read_lines(b"".join(lines[:position] + lines[position + 1 :]), PATH)


def test_merges_of_merges_read(tmp_path: Path) -> None:
    a, b, c = (chain(2, name=name) for name in "abc")
    twice = merge(merge(a, b), chain(1, after=merge(b, c), name="d"))
    assert read_lines(twice.data(), PATH) == twice
    assert len(twice.joins) == 3


def test_dispatches_go_on_after_a_merge(tmp_path: Path) -> None:
    here, there, both = tmp_path / "here", tmp_path / "there", tmp_path / "both"
    record(here, 1, 2)
    record(there, 3)
    both.mkdir()
    (both / LEDGER).write_bytes(merge(read_ledger(here), read_ledger(there)).data())
    for path in [*here.glob("2*"), *there.glob("2*")]:
        path.rename(both / path.name)
    record_bundle(both, *bundle_files(4))
    ledger, problems = examine(both)
    assert problems == []
    assert [entry.number for entry in ledger.entries] == [1, 1, 2, 4]


def test_what_two_machines_recorded_of_one_bundle_stands_in_both_branches(tmp_path: Path) -> None:
    record(tmp_path / "here", 1)
    record(tmp_path / "there", 2, 1)
    both = merge(read_ledger(tmp_path / "here"), read_ledger(tmp_path / "there"))
    assert read_lines(both.data(), PATH) == both


def test_a_name_is_recorded_once_after_a_join_whichever_branch_had_it() -> None:
    """The last of several lines of a name is not the only one that counts."""
    left, right = chain(3, name="left"), chain(1, name="right")
    both = merge(left, right)
    for name in ("left-1", "left-3", "right-1"):
        with pytest.raises(FileError, match="ledger-duplicate"):
            again(both, name)
    assert again(both, "another").number == 5


def again(ledger: Ledger, name: str) -> Ledger:
    """The ledger with a line more, for a bundle of this name."""
    digest = "f" * 64
    line = Entry(ledger.number + 1, (ledger.head,), name, digest, digest, None, "2026-05-15", "dispatch")
    return read_lines(ledger.data() + line.line() + b"\n", PATH)


def test_two_manifests_under_one_name_in_two_branches_are_altered(tmp_path: Path) -> None:
    (path,) = record(tmp_path, 1)
    mine = read_ledger(tmp_path)
    theirs = again(Ledger({}, GENESIS), path.name)
    both = merge(mine, theirs)
    (tmp_path / LEDGER).write_bytes(both.data())
    assert [(f.code, f.name) for f in examine(tmp_path)[1]] == [("bundle-altered", path.name)]


def test_histories_without_a_common_line_are_a_fork_too() -> None:
    both = merge(chain(2, name="left"), chain(1, name="right"))
    assert both.forks == (GENESIS,)
    lines = ledger_lines(both, [])
    assert lines[0] == "2 histories begin here: a fork"
    start = chain(2)
    common = merge(chain(1, after=start, name="left"), chain(1, after=start, name="right"))
    assert common.forks == (start.head,)
    assert [line.endswith("2 lines follow it: a fork") for line in ledger_lines(common, [])].count(True) == 1
    assert line_digest(common.joins[0].line()) == common.head
