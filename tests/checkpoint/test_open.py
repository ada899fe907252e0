"""What is no checkpoint is called what it is, in one line."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from shipworthy.checkpoint import checkpoint_digest, open_checkpoint
from shipworthy.errors import FileError


def archive(member: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr(zipfile.ZipInfo(member), b"x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"These are the weights.\n", "a text file"),
        ("größe\n".encode() * 2000, "a text file"),
        (b'{"weights": [1, 2]}', "JSON"),
        (b"<!DOCTYPE html><title>404</title>", "an HTML page"),
        (archive("readme"), "a zip archive"),
        (archive("model/data.pkl"), "a PyTorch archive: a pickle"),
        (pickle.dumps({"a": 1}), "a pickle"),
        (pickle.dumps({"a": 1}, protocol=2), "a pickle"),
        (gzip.compress(b"x", mtime=0), "gzip data"),
        (b"\x89HDF\r\n\x1a\n" + bytes(9), "an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"lmgg" + bytes(40), "a GGML file"),
        (save({"a": np.zeros(2, np.float32)}), "one safetensors file"),
        (bytes(5000), "a file that starts with zeros"),
        (b"\xde\xad\xbe\xef" * 9, "no format that is known (it starts with de ad be ef)"),
    ],
)
def test_another_format_is_named(data: bytes, named: str, tmp_path: Path) -> None:
    path = tmp_path / "model.apr"
    path.write_bytes(data)
    with pytest.raises(FileError) as refusal:
        open_checkpoint(path)
    assert refusal.value.code == "wrong-format"
    assert refusal.value.message.startswith(f"this is {named}")
    assert "\n" not in str(refusal.value)


def test_missing_empty_and_special_files(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").touch()
    os.mkfifo(tmp_path / "pipe.apr")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name, code in (
        ("none.apr", "no-such-file"),
        ("dangling", "no-such-file"),
        ("empty.gguf", "empty-file"),
        ("pipe.apr", "not-a-file"),
    ):
        with pytest.raises(FileError) as refusal:
            open_checkpoint(tmp_path / name)
        assert refusal.value.code == code


def test_the_name_of_a_file_does_not_matter(
    weights: dict[str, np.ndarray], save: Callable[..., Path], tmp_path: Path
) -> None:
    path = save(weights, {}, name="model.gguf")
    with open_checkpoint(path) as checkpoint:
        assert checkpoint.format == "apr"
        assert checkpoint.digest() == checkpoint_digest(path)


def test_a_tensor_that_is_not_there_is_named(
    weights: dict[str, np.ndarray], save: Callable[..., Path]
) -> None:
    with open_checkpoint(save(weights, {})) as checkpoint, pytest.raises(FileError, match=r"lm_head\.weight"):
        checkpoint.read("lm_head.weight")


def test_a_refused_file_is_not_left_open(tmp_path: Path) -> None:
    path = tmp_path / "model.apr"
    path.write_bytes(b"APR\0" + bytes(100))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(FileError):
            open_checkpoint(path)
    assert len(os.listdir("/proc/self/fd")) == before
