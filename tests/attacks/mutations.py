"""Changes of a file's bytes that parsers get wrong, as hypothesis draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

BOUNDARIES = sorted(
    {
        value % (1 << 64)
        for power in (0, 7, 8, 15, 16, 24, 31, 32, 47, 62, 63, 64)
        for value in ((1 << power) - 1, 1 << power, (1 << power) + 1)
    }
)
"""Numbers at which lengths, counts and offsets go wrong."""

Mutation = Callable[[bytes], bytes]
position = st.integers(0, 1 << 16)


def _at(data: bytes, place: int) -> int:
    return place % (len(data) + 1)


def flip(place: int, bit: int) -> Mutation:
    """One bit changed."""

    def change(data: bytes) -> bytes:
        if not data:
            return data
        at = place % len(data)
        return data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]

    return change


def cut(place: int) -> Mutation:
    """The file ends here."""
    return lambda data: data[: _at(data, place)]


def number(place: int, width: int, value: int) -> Mutation:
    """A field of 1, 2, 4 or 8 bytes set to a boundary."""

    def change(data: bytes) -> bytes:
        at = _at(data, place)
        field = (value % (1 << 8 * width)).to_bytes(width, "little")
        return data[:at] + field + data[at + width :]

    return change


def spliced(place: int, other: bytes, start: int) -> Mutation:
    """The file up to here, and another from there on."""
    return lambda data: data[: _at(data, place)] + other[_at(other, start) :]


def repeated(place: int, length: int, times: int) -> Mutation:
    """A piece of the file several times over."""

    def change(data: bytes) -> bytes:
        at = _at(data, place)
        return data[:at] + data[at : at + length] * times + data[at + length :]

    return change


def mutated(files: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of these files after one to four mutations."""
    mutation: st.SearchStrategy[Mutation] = st.one_of(
        st.builds(flip, position, st.integers(0, 7)),
        st.builds(cut, position),
        st.builds(number, position, st.sampled_from((1, 2, 4, 8)), st.sampled_from(BOUNDARIES)),
        st.builds(spliced, position, st.sampled_from(files), position),
        st.builds(repeated, position, st.integers(1, 64), st.integers(0, 4)),
    )

    def applied(data: bytes, mutations: list[Mutation]) -> bytes:
        for change in mutations:
            data = change(data)
        return data

    return st.builds(applied, st.sampled_from(files), st.lists(mutation, min_size=1, max_size=4))
