"""A mapped file stays readable as long as somebody looks at it, and never kills the process."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError


def test_views_and_arrays_outlive_the_checkpoint(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    checkpoint = open_checkpoint(path)
    name = "model.norm.weight"
    view, values = checkpoint.raw(name), checkpoint.read(name)
    checkpoint.close()
    checkpoint.close()
    path.unlink()
    del checkpoint
    gc.collect()
    assert view == weights[name].tobytes()
    assert np.array_equal(values, weights[name])


def test_a_view_cannot_be_written_through(weights: dict[str, np.ndarray], save: Callable[..., Path]) -> None:
    with open_checkpoint(save(weights, {})) as checkpoint, pytest.raises(TypeError):
        checkpoint.raw("model.norm.weight")[0] = 1


def test_a_file_that_shrinks_while_open_is_refused_not_fatal(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    with open_checkpoint(path) as checkpoint:
        os.truncate(path, 100)
        with pytest.raises(FileError) as refusal:
            checkpoint.read("model.norm.weight")
        assert refusal.value.code == "changed-while-open"
        with pytest.raises(FileError):
            checkpoint.verify()
        with pytest.raises(FileError):
            checkpoint.digest()


def test_reading_after_close_is_refused(weights: dict[str, np.ndarray], save: Callable[..., Path]) -> None:
    checkpoint = open_checkpoint(save(weights, {}))
    checkpoint.close()
    with pytest.raises(FileError) as refusal:
        checkpoint.read("model.norm.weight")
    assert refusal.value.code == "closed"
