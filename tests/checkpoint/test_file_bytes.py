"""An open file stays readable as long as somebody looks at it, and never kills the process."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shipworthy.checkpoint import Checkpoint, TensorSource, open_checkpoint, write_apr
from shipworthy.errors import FileError


def test_views_and_arrays_outlive_the_checkpoint(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    checkpoint = open_checkpoint(path)
    name = "model.norm.weight"
    view, values = checkpoint.mapped(name), checkpoint.read(name)
    checkpoint.close()
    checkpoint.close()
    path.unlink()
    del checkpoint
    gc.collect()
    assert view == weights[name].tobytes()
    assert np.array_equal(values, weights[name])


def test_a_view_cannot_be_written_through(weights: dict[str, np.ndarray], save: Callable[..., Path]) -> None:
    with open_checkpoint(save(weights, {})) as checkpoint, pytest.raises(TypeError):
        checkpoint.mapped("model.norm.weight")[0] = 1


READINGS: dict[str, Callable[[Checkpoint], object]] = {
    "read": lambda checkpoint: checkpoint.read("model.norm.weight"),
    "blocks": lambda checkpoint: list(checkpoint.blocks("model.norm.weight")),
    "raw": lambda checkpoint: checkpoint.raw("model.norm.weight"),
    "raw_blocks": lambda checkpoint: list(checkpoint.raw_blocks("model.norm.weight")),
    "mapped": lambda checkpoint: checkpoint.mapped("model.norm.weight"),
    "verify": lambda checkpoint: checkpoint.verify(),
    "digest": lambda checkpoint: checkpoint.digest(),
}


@pytest.mark.parametrize("reading", READINGS)
def test_a_file_that_shrinks_while_open_is_refused_not_fatal(
    reading: str, weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    with open_checkpoint(path) as checkpoint:
        os.truncate(path, 100)
        with pytest.raises(FileError, match="100 bytes now") as refusal:
            READINGS[reading](checkpoint)
        assert refusal.value.code == "changed-while-open"


@pytest.mark.parametrize("reading", READINGS)
def test_a_file_of_the_same_size_that_was_written_while_open_is_refused(
    reading: str, weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    with open_checkpoint(path) as checkpoint:
        with path.open("r+b") as stream:
            stream.seek(-5, os.SEEK_END)
            stream.write(b"\0")
        os.utime(path, ns=(1, 1))
        with pytest.raises(FileError, match="other content") as refusal:
            READINGS[reading](checkpoint)
        assert refusal.value.code == "changed-while-open"


def read_everything(path: Path) -> None:
    with open_checkpoint(path) as checkpoint:
        checkpoint.read("a")
        checkpoint.verify()
        checkpoint.digest()


def test_a_file_that_is_cut_and_grown_again_and_again_never_kills_who_reads_it(tmp_path: Path) -> None:
    """The race that a mapping loses: the file is cut between the look at its size and the touch of a page."""
    values = np.ones(4_000_000, np.float32)
    path = tmp_path / "a.apr"
    write_apr(
        path, metadata={}, tensors={"a": TensorSource("F32", values.shape, lambda: values)}, tokenizer=None
    )
    size, stop = path.stat().st_size, threading.Event()

    def cut() -> None:
        while not stop.is_set():
            os.truncate(path, 4096)
            os.truncate(path, size)

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        for _ in range(40):
            with pytest.raises(FileError) as refusal:
                read_everything(path)
            assert refusal.value.code in {"changed-while-open", "truncated", "footer-crc"}
    finally:
        stop.set()
        cutter.join()


def test_reading_after_close_is_refused(weights: dict[str, np.ndarray], save: Callable[..., Path]) -> None:
    checkpoint = open_checkpoint(save(weights, {}))
    checkpoint.close()
    with pytest.raises(FileError) as refusal:
        checkpoint.read("model.norm.weight")
    assert refusal.value.code == "closed"
