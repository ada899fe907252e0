"""A ledger that is read is the ledger that was written: each way to change it is refused by its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.canonical import canonical
from shipworthy.errors import FileError
from shipworthy.evidence.ledger import GENESIS, Entry, Join, Ledger, read_lines
from shipworthy.evidence.ledger.entry import BadLine, line_digest, parse_line
from small_ledgers import chain, entry

PATH = Path("ledger.jsonl")
LINES = chain(6).data().splitlines(keepends=True)


def code(lines: list[bytes]) -> str:
    with pytest.raises(FileError) as caught:
        read_lines(b"".join(lines), PATH)
    assert caught.value.exit_code == 4
    return caught.value.code


def rebound(line: bytes, **changes: object) -> bytes:
    """The line with other values, canonical as before."""
    return canonical({**json.loads(line), **changes}) + b"\n"


def test_a_line_names_the_one_before_it_and_the_first_names_zeros() -> None:
    ledger = read_lines(b"".join(LINES), PATH)
    previous = [GENESIS, *(line_digest(line.rstrip(b"\n")) for line in LINES)]
    assert [e.previous for e in ledger.entries] == [(digest,) for digest in previous[:-1]]
    assert [e.number for e in ledger.entries] == [1, 2, 3, 4, 5, 6]
    assert (ledger.head, ledger.number, ledger.torn) == (previous[-1], 6, 0)
    assert ledger.data() == b"".join(LINES)


def test_an_empty_ledger_has_the_head_of_nothing() -> None:
    ledger = read_lines(b"", PATH)
    assert (ledger.head, ledger.number, ledger.entries) == (GENESIS, 0, ())


def joined(lines: list[bytes], number: int, other: str) -> bytes:
    """A join of the last line and of another."""
    return Join(number, tuple(sorted((line_digest(lines[-1][:-1]), other)))).line() + b"\n"


CHANGES: dict[str, tuple[str, Callable[[list[bytes]], list[bytes]]]] = {
    "the first removed": ("ledger-gap", lambda lines: lines[1:]),
    "one removed": ("ledger-gap", lambda lines: lines[:2] + lines[3:]),
    "two removed": ("ledger-gap", lambda lines: lines[:2] + lines[4:]),
    "neighbours swapped": ("ledger-reordered", lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]]),
    "the last first": ("ledger-reordered", lambda lines: [lines[-1], *lines[:-1]]),
    "all reversed": ("ledger-reordered", lambda lines: lines[::-1]),
    "one twice": ("ledger-duplicate", lambda lines: [*lines[:3], lines[2], *lines[3:]]),
    "the last twice": ("ledger-duplicate", lambda lines: [*lines, lines[-1]]),
    "another bundle": (
        "ledger-altered",
        lambda lines: [lines[0], rebound(lines[1], bundle="x"), *lines[2:]],
    ),
    "another manifest": (
        "ledger-altered",
        lambda lines: [lines[0], rebound(lines[1], manifest_sha256="f" * 64), *lines[2:]],
    ),
    "another number": ("ledger-altered", lambda lines: [*lines[:5], rebound(lines[5], number=7)]),
    "a line that follows nothing": (
        "ledger-altered",
        lambda lines: [*lines, entry(7, "e" * 64).line() + b"\n"],
    ),
    "a second end": (
        "ledger-forked",
        lambda lines: sorted(
            [*lines, entry(6, line_digest(lines[4][:-1]), "other").line() + b"\n"],
            key=lambda line: (json.loads(line)["number"], line_digest(line[:-1])),
        ),
    ),
    "a bundle twice": (
        "ledger-duplicate",
        lambda lines: [
            *lines,
            rebound(lines[2], number=7, previous=[line_digest(lines[5][:-1])], recorded="found"),
        ],
    ),
    "a bundle's name again, for another manifest": (
        "ledger-duplicate",
        lambda lines: [
            *lines,
            rebound(lines[2], number=7, previous=[line_digest(lines[5][:-1])], manifest_sha256="f" * 64),
        ],
    ),
    "a bundle's name again, for another subject": (
        "ledger-duplicate",
        lambda lines: [
            *lines,
            rebound(lines[2], number=7, previous=[line_digest(lines[5][:-1])], subject_sha256="f" * 64),
        ],
    ),
    "a join with nothing": ("ledger-bad-line", lambda lines: [*lines, joined(lines, 7, GENESIS)]),
    "a join with what it goes on from": (
        "ledger-bad-line",
        lambda lines: [*lines, joined(lines, 7, line_digest(lines[2][:-1]))],
    ),
    "an empty line": ("ledger-bad-line", lambda lines: [*lines[:2], b"\n", *lines[2:]]),
    "no JSON": ("ledger-bad-line", lambda lines: [*lines[:2], b"{\n", *lines[2:]]),
    "spaces": ("ledger-bad-line", lambda lines: [lines[0].replace(b":", b": ", 1), *lines[1:]]),
    "carriage returns": ("ledger-bad-line", lambda lines: [line.replace(b"\n", b"\r\n") for line in lines]),
    "a key more": ("ledger-bad-line", lambda lines: [rebound(lines[0], note="x"), *lines[1:]]),
    "a key twice": ("ledger-bad-line", lambda lines: [lines[0].replace(b"{", b'{"bundle":"x",', 1)]),
    "another schema": ("ledger-bad-line", lambda lines: [rebound(lines[0], schema="x"), *lines[1:]]),
    "a number that is none": ("ledger-bad-line", lambda lines: [rebound(lines[0], number=True)]),
    "a number as text": ("ledger-bad-line", lambda lines: [rebound(lines[0], number="1")]),
    "a digest in capitals": ("ledger-bad-line", lambda lines: [rebound(lines[0], manifest_sha256="F" * 64)]),
    "two predecessors": ("ledger-bad-line", lambda lines: [rebound(lines[0], previous=[GENESIS, GENESIS])]),
    "another word": ("ledger-bad-line", lambda lines: [rebound(lines[0], recorded="trusted")]),
    "a long line": ("ledger-bad-line", lambda lines: [rebound(lines[0], bundle="x" * 5000)]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_inside_the_chain_is_refused_by_name(name: str) -> None:
    expected, change = CHANGES[name]
    assert code(change(list(LINES))) == expected


def test_the_message_says_where_and_what_to_do() -> None:
    with pytest.raises(FileError) as caught:
        read_lines(b"".join(LINES[:2] + LINES[3:]), PATH)
    assert str(caught.value) == (
        "ledger.jsonl: line 3 has the number 4, and number 3 is not there [ledger-gap]; "
        "bring back the ledger as it was written, or begin another directory of evidence"
    )


@pytest.mark.parametrize("position", range(len(LINES) - 1))
def test_every_byte_of_every_line_that_another_follows_is_bound(position: int) -> None:
    line = LINES[position]
    for at in range(len(line)):
        changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
        assert code([*LINES[:position], changed, *LINES[position + 1 :]]).startswith("ledger-")


def test_what_a_chain_cannot_show() -> None:
    """A removed tail and a last line that was written again: docs/security.md says so, a witness shows it."""
    assert read_lines(b"".join(LINES[:4]), PATH).number == 4
    again = [*LINES[:5], rebound(LINES[5], manifest_sha256="f" * 64)]
    assert read_lines(b"".join(again), PATH).head != chain(6).head


def test_a_torn_line_is_counted_and_is_no_entry() -> None:
    ledger = read_lines(b"".join(LINES) + LINES[0][:40], PATH)
    assert (ledger.number, ledger.torn) == (6, 40)


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)


@given(bundle=texts, started=texts, release=st.none() | texts, number=st.integers(1, 2**53 - 1))
def test_any_line_reads_back_and_the_quick_form_is_rfc_8785(
    bundle: str, started: str, release: str | None, number: int
) -> None:
    made = Entry(number, ("a" * 64,), bundle, "b" * 64, "c" * 64, release, started, "found")
    assert parse_line(made.line()) == made


@given(st.data())
def test_no_subset_or_order_of_lines_but_a_beginning_reads(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(LINES), max_size=8))
    try:
        ledger: Ledger | None = read_lines(b"".join(chosen), PATH)
    except FileError:
        ledger = None
    assert (ledger is not None) == (chosen == LINES[: len(chosen)])


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"\xff", b"[" * 3000])
def test_what_is_no_line_is_refused(data: bytes) -> None:
    with pytest.raises(BadLine):
        parse_line(data)
