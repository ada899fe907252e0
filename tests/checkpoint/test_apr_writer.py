"""Saving is whole or nothing, even onto the file that the tensors come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from full_disk import files_end_at
from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.errors import FileError, ShipworthyError, UsageError


def constant(dtype: str, shape: tuple[int, ...], value: float) -> TensorSource:
    return TensorSource(dtype, shape, lambda: np.full(shape, value, np.float32))


def test_saving_onto_the_file_that_the_tensors_are_mapped_from(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {"name": "before"})
    with open_checkpoint(path) as source:
        views = {name: source.mapped(name) for name in source.tensors}
        before = source.digest()
        tensors = {
            name: TensorSource("F32", entry.shape, lambda name=name: source.read(name) * 2)
            for name, entry in source.tensors.items()
        }
        write_apr(path, metadata={"name": "after"}, tensors=tensors, tokenizer=None)
        for name, view in views.items():
            assert view == weights[name].tobytes()
        assert source.digest() == before
    with open_checkpoint(path) as saved:
        saved.verify()
        assert saved.metadata == {"name": "after"}
        for name, array in weights.items():
            assert np.array_equal(saved.read(name), array * 2)


def test_a_save_that_fails_half_way_leaves_the_old_file_and_nothing_else(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    before = path.read_bytes()

    def fail() -> np.ndarray:
        raise RuntimeError("the disk of the source went away")

    tensors = {"a": constant("F32", (2, 2), 1.0), "b": TensorSource("F32", (2,), fail)}
    with pytest.raises(RuntimeError, match="went away"):
        write_apr(path, metadata={}, tensors=tensors, tokenizer=None)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_save_onto_a_full_disk_leaves_the_old_file_and_nothing_else(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    path = save(weights, {})
    before = path.read_bytes()
    tensors = {"a": constant("F32", (100_000,), 1.0)}
    with files_end_at(50_000), pytest.raises(FileError) as refusal:
        write_apr(path, metadata={}, tensors=tensors, tokenizer=None)
    assert refusal.value.code == "unwritable"
    assert str(path.name) in str(refusal.value)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_blocks_give_the_bytes_that_the_whole_array_gives(dtype: str, tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((700, 3000), np.float32)
    whole = {"a": TensorSource(dtype, values.shape, lambda: values)}
    blocks = {"a": TensorSource(dtype, values.shape, lambda: iter(np.array_split(values, 7)))}
    digests = {
        write_apr(tmp_path / "x.apr", metadata={}, tensors=tensors, tokenizer=None)
        for tensors in (whole, blocks)
    }
    assert len(digests) == 1


def test_stored_bytes_of_any_dtype_are_passed_on_unchanged(tmp_path: Path) -> None:
    stored = np.random.default_rng(0).integers(0, 256, 4 * 144, np.uint8).tobytes()
    pieces = [memoryview(stored[:100]), memoryview(stored[100:])]
    tensors = {"a": TensorSource("Q4_K", (2, 512), lambda: pieces)}
    write_apr(tmp_path / "x.apr", metadata={}, tensors=tensors, tokenizer=None)
    with open_checkpoint(tmp_path / "x.apr") as saved:
        saved.verify()
        assert saved.raw("a") == stored


@pytest.mark.parametrize("count", [9, 11])
def test_a_source_that_gives_other_than_it_announced_is_refused(count: int, tmp_path: Path) -> None:
    tensors = {"a": TensorSource("F32", (10,), lambda: [np.zeros(count, np.float32)])}
    with pytest.raises(UsageError, match=r"a was announced as F32 \[10\]") as refusal:
        write_apr(tmp_path / "x.apr", metadata={}, tensors=tensors, tokenizer=None)
    assert refusal.value.code == "tensor-shape"
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_to_is_one_clear_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "x.apr", tmp_path):
        with pytest.raises(FileError) as refusal:
            write_apr(path, metadata={}, tensors={"a": constant("F32", (2,), 1.0)}, tokenizer=None)
        assert refusal.value.code == "unwritable"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_tensors_are_loaded_one_at_a_time_in_file_order(tmp_path: Path) -> None:
    order: list[str] = []

    def load(name: str) -> np.ndarray:
        order.append(name)
        return np.zeros(3, np.float32)

    tensors = {name: TensorSource("F32", (3,), lambda name=name: load(name)) for name in ("c", "a", "b")}
    write_apr(tmp_path / "order.apr", metadata={}, tensors=tensors, tokenizer=None)
    assert order == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("tensors", "code"),
    [
        ({"": constant("F32", (1,), 0)}, "tensor-name-length"),
        ({"n" * 257: constant("F32", (1,), 0)}, "tensor-name-length"),
        ({"n": constant("Q4_K", (256,), 0)}, "dtype-not-writable"),
        ({"n": constant("F32", (1,) * 9, 0)}, "tensor-rank"),
        ({"n": constant("F16", (2,), 65520.0)}, "dtype-overflow"),
        ({"n": constant("BF16", (2,), 3.4e38)}, "dtype-overflow"),
        ({"n": TensorSource("F32", (2,), lambda: np.zeros(3, np.float32))}, "tensor-shape"),
        ({"n": TensorSource("F32", (2,), lambda: np.zeros(2))}, "tensor-shape"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tensors: dict[str, TensorSource], code: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as refusal:
        write_apr(tmp_path / "x.apr", metadata={}, tensors=tensors, tokenizer=None)
    assert refusal.value.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("metadata", "kind", "code"),
    [
        ({"created_at": "2024-01-01"}, UsageError, "wall-clock-metadata"),
        ({"x": float("nan")}, UsageError, "metadata-not-json"),
        ({"x": {1, 2}}, UsageError, "metadata-not-json"),
        ({"x": "\ud800"}, UsageError, "metadata-not-json"),
        ({"x": "y" * 16_000_000}, FileError, "metadata-size"),
    ],
)
def test_metadata_that_no_reader_would_take_is_refused(
    metadata: dict[str, object], kind: type[ShipworthyError], code: str, tmp_path: Path
) -> None:
    with pytest.raises(kind) as refusal:
        write_apr(tmp_path / "x.apr", metadata=metadata, tensors={}, tokenizer=None)
    assert refusal.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_values_that_are_not_finite_are_kept(tmp_path: Path) -> None:
    values = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)
    for dtype in ("F32", "F16", "BF16"):
        path = tmp_path / f"{dtype}.apr"
        write_apr(path, metadata={}, tensors={"n": TensorSource(dtype, (4,), lambda: values)}, tokenizer=None)
        with open_checkpoint(path) as checkpoint:
            assert np.array_equal(checkpoint.read("n"), values, equal_nan=True)


def nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [10**30, -(10**30), nested(40), nested(900)])
def test_nothing_is_written_that_our_reader_refuses(value: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_apr(tmp_path / "a.apr", metadata={"custom": value}, tensors={}, tokenizer=None)
    assert caught.value.code == "metadata-not-json"
    assert not list(tmp_path.iterdir())
