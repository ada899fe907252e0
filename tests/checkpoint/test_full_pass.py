"""One reading for the checksum and for whoever looks: every byte of every tensor, once, in order."""

from __future__ import annotations

import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.checkpoint.file_bytes import CHUNK, FileBytes
from shipworthy.checkpoint.full_pass import crc32_while
from shipworthy.errors import FileError


def large(path: Path) -> Path:
    """Tensors that end inside, at and past the pieces in which a file is read; one is empty."""
    draws = np.random.default_rng(3)
    sizes = {"a": 5, "b": CHUNK // 4, "c": CHUNK // 2 + 3, "d": 0, "e": 3 * CHUNK // 4, "f": 1}
    arrays = {name: draws.standard_normal(size).astype(np.float32) for name, size in sizes.items()}
    sources = {
        name: TensorSource("F32", array.shape, lambda array=array: array)  # type: ignore[misc]
        for name, array in arrays.items()
    }
    write_apr(path, metadata={}, tensors=sources, tokenizer=None)
    return path


def test_every_byte_of_every_tensor_is_seen_once_and_in_order(tmp_path: Path) -> None:
    seen: dict[str, bytearray] = defaultdict(bytearray)
    order = []

    def observe(name: str, piece: memoryview) -> None:
        assert len(piece) % 4 == 0
        order.append(name)
        seen[name] += piece

    with open_checkpoint(large(tmp_path / "m.apr")) as checkpoint:
        checkpoint.verify(observe)
        stored = {name: bytes(checkpoint.raw(name)) for name in checkpoint.tensors}
    assert {name: bytes(data) for name, data in seen.items()} == {k: v for k, v in stored.items() if v}
    assert order == sorted(order)


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 9 * CHUNK + 7])
def test_the_checksum_is_that_of_zlib(size: int, tmp_path: Path) -> None:
    data = np.random.default_rng(size).bytes(size)
    path = tmp_path / "file"
    path.write_bytes(data)
    pieces: list[bytes] = []
    file = FileBytes(path)
    found = crc32_while(file, size, lambda at, piece: pieces.append(bytes(piece)))
    file.close()
    assert (found, b"".join(pieces)) == (zlib.crc32(data), data)


def test_damage_is_refused_as_without_an_observer(tmp_path: Path) -> None:
    path = large(tmp_path / "m.apr")
    data = bytearray(path.read_bytes())
    data[CHUNK + 5] ^= 4
    path.write_bytes(data)
    errors = []
    for observe in (None, lambda name, piece: None):
        with open_checkpoint(path) as checkpoint, pytest.raises(FileError) as refused:
            checkpoint.verify(observe)
        errors.append(str(refused.value))
    assert errors[0] == errors[1]
    assert "[footer-crc]" in errors[0]


def test_an_observer_that_gives_up_ends_the_reading(tmp_path: Path) -> None:
    def observe(name: str, piece: memoryview) -> None:
        raise RuntimeError(name)

    with open_checkpoint(large(tmp_path / "m.apr")) as checkpoint, pytest.raises(RuntimeError, match=r"^a$"):
        checkpoint.verify(observe)
