"""Directories close to the hostile ones: what may be linked, what may lie beside, what a message names."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from directory_attacks import directory, only

from shipworthy.checkpoint import open_checkpoint
from shipworthy.errors import FileError


def test_the_directory_that_the_attacks_start_from_is_good(tmp_path: Path) -> None:
    with open_checkpoint(directory(tmp_path / "model")) as checkpoint:
        checkpoint.verify()
        assert checkpoint.read("model.norm.weight").tolist() == [1, 1, 1, 1]


def test_the_pickle_is_named(tmp_path: Path) -> None:
    root = directory(tmp_path / "model")
    only("pytorch_model.bin")(root)
    with pytest.raises(FileError, match=r"pytorch_model\.bin is a pickle"):
        open_checkpoint(root)


def test_a_pickle_beside_safetensors_is_left_alone(tmp_path: Path) -> None:
    root = directory(tmp_path / "model")
    (root / "training_args.bin").write_bytes(pickle.dumps({}))
    with open_checkpoint(root) as checkpoint:
        assert list(checkpoint.tensors) == ["model.norm.weight"]


def test_an_empty_readme_is_no_fault(tmp_path: Path) -> None:
    root = directory(tmp_path / "model")
    (root / "README.md").write_bytes(b"")
    open_checkpoint(root).close()


def test_links_inside_a_hub_cache_are_followed_and_others_not(tmp_path: Path) -> None:
    repository = tmp_path / "models--owner--name"
    blobs, snapshot = repository / "blobs", repository / "snapshots" / ("0" * 40)
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    plain = directory(tmp_path / "plain")
    for name in ("config.json", "model.safetensors"):
        (blobs / name).write_bytes((plain / name).read_bytes())
        (snapshot / name).symlink_to(f"../../blobs/{name}")
    with open_checkpoint(snapshot) as checkpoint, open_checkpoint(plain) as same:
        assert checkpoint.read("model.norm.weight").tolist() == [1, 1, 1, 1]
        assert checkpoint.digest() == same.digest()
    (snapshot / "tokenizer.json").symlink_to(tmp_path / "plain" / "config.json")
    with open_checkpoint(snapshot) as checkpoint, pytest.raises(FileError, match="link-leaves-directory"):
        checkpoint.digest()
