"""The `.apr` that attacks start from is good; what is close to a limit is read; no byte may change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apr_attacks import END, GOOD

from shipworthy.checkpoint import open_checkpoint
from shipworthy.checkpoint.open import open_bytes
from shipworthy.errors import FileError


def open_and_verify(data: bytes) -> None:
    with open_bytes(data) as checkpoint:
        checkpoint.verify()


def test_the_file_that_the_attacks_start_from_is_good() -> None:
    assert len(GOOD.build()) == END
    with open_bytes(GOOD.build()) as checkpoint:
        checkpoint.verify()
        assert checkpoint.read("b.weight").tolist() == [0, 1, 2, 3, 4]


def every_other_byte(good: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each position, each other value it can have, and the file with it there."""
    changed = bytearray(good)
    for at, was in enumerate(good):
        for value in range(256):
            if value != was:
                changed[at] = value
                yield at, value, bytes(changed)
        changed[at] = was


@pytest.mark.slow
def test_every_other_value_of_every_byte_is_refused() -> None:
    accepted = []
    count = 0
    for at, value, data in every_other_byte(GOOD.build()):
        count += 1
        try:
            open_and_verify(data)
        except FileError:
            continue
        accepted.append((at, value))
    assert accepted == []
    assert count == 255 * END


def test_every_truncation_is_refused_at_open() -> None:
    good = GOOD.build()
    for length in range(len(good)):
        with pytest.raises(FileError):
            open_bytes(good[:length])


def test_every_byte_that_is_lost_or_put_in_is_refused() -> None:
    good = GOOD.build()
    for at in range(len(good)):
        with pytest.raises(FileError):
            open_and_verify(good[:at] + good[at + 1 :])
    for at in range(len(good) + 1):
        for value in (0, 1, 0x7F, 0xFF):
            with pytest.raises(FileError):
                open_and_verify(good[:at] + bytes((value,)) + good[at:])


def test_metadata_of_sixteen_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.apr"
    text = b'{"a":"' + b"x" * (16_000_000 - 8) + b'"}'
    path.write_bytes(replace(GOOD, metadata=text).build())
    with open_checkpoint(path) as checkpoint:
        assert len(checkpoint.metadata["a"]) == 16_000_000 - 8
