"""A stream that hashes in a thread beside the writing knows the same as one that hashes after it."""

from __future__ import annotations

import hashlib
import io
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.checkpoint.hashed_stream import HashedStream

PIECES = st.lists(st.tuples(st.integers(0, 3 << 20), st.booleans(), st.integers(0, 255)), max_size=5)


@settings(max_examples=30)
@given(PIECES)
def test_digests_are_those_of_the_bytes_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, bool, int]]
) -> None:
    """Also where the one buffer of the pieces that are not kept is overwritten as soon as it may be."""
    path = tmp_path_factory.mktemp("hashed") / "stream"
    reused = bytearray(3 << 20)
    expected = b""
    with path.open("wb") as stream, HashedStream(stream) as out:
        for size, kept, value in pieces:
            data = bytes([value]) * size
            expected += data
            if kept:
                out.write(data, kept=True)
            else:
                reused[:size] = data
                out.write(memoryview(reused)[:size])
                reused[:size] = bytes(size)
        assert out.position == len(expected)
        assert out.crc == zlib.crc32(expected)
        assert out.sha256() == hashlib.sha256(expected).hexdigest()
    assert path.read_bytes() == expected


def test_padding_reaches_the_alignment(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("wb") as stream, HashedStream(stream) as out:
        out.write(b"abc")
        out.pad(64)
        out.pad(64)
        assert out.sha256() == hashlib.sha256(b"abc" + bytes(61)).hexdigest()


def test_what_the_stream_raises_is_raised() -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), HashedStream(Full()) as out:
        out.write(bytes(1 << 20), kept=True)
