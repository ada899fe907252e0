"""The bytes of `.apr` v2, written out."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shipworthy.architecture import ArchitectureConfig
from shipworthy.checkpoint import TensorSource, write_apr
from shipworthy.checkpoint.apr_format import align
from shipworthy.checkpoint.apr_writer import encode_index

METADATA = {"zeta": 1, "hidden_size": 2, "license": "MIT", "alpha": "ü", "name": None}


def source(dtype: str, *values: float) -> TensorSource:
    return TensorSource(dtype, (len(values),), lambda: np.array(values, np.float32))


def write(path: Path) -> str:
    # Given unsorted: the format sorts by name, bytewise.
    tensors = {"z": source("F32", 1.0, -2.0), "B": source("BF16", 1.0), "a": source("F16", 0.5, 65504.0)}
    return write_apr(path, metadata=METADATA, tensors=tensors, tokenizer=None)


def test_the_bytes_are_these(tmp_path: Path) -> None:
    digest = write(tmp_path / "tiny.apr")
    data = (tmp_path / "tiny.apr").read_bytes()
    body = '{"license":"MIT","hidden_size":2,"alpha":"ü","zeta":1}'.encode()
    assert data[:40] == (
        b"APR\0\x02\x00"
        b"\x00\x04"  # row-major, no vocabulary
        b"\x03\x00\x00\x00"
        b"\x40\x00\x00\x00\x00\x00\x00\x00"
        b"\x37\x00\x00\x00"
        b"\x80\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x01\x00\x00\x00\x00\x00\x00"
    )
    assert data[40:44] == struct.pack("<I", zlib.crc32(data[:40] + data[44:64]))
    assert data[44:64] == bytes(20)
    assert data[64:128] == body + bytes(9)
    assert data[128:256] == (
        b"\x01\x00B\x1e\x01" + struct.pack("<QQQ", 1, 0, 2)
        + b"\x01\x00a\x01\x01" + struct.pack("<QQQ", 2, 64, 4)
        + b"\x01\x00z\x00\x01" + struct.pack("<QQQ", 2, 128, 8)
        + bytes(41)
    )  # fmt: skip
    assert data[256:320] == b"\x80\x3f" + bytes(62)
    assert data[320:384] == b"\x00\x38\xff\x7b" + bytes(60)
    assert data[384:448] == b"\x00\x00\x80\x3f\x00\x00\x00\xc0" + bytes(56)
    assert data[448:] == struct.pack("<I", zlib.crc32(data[:448]))
    assert digest == hashlib.sha256(data).hexdigest()


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "one.apr") == write(tmp_path / "two.apr")
    assert (tmp_path / "one.apr").read_bytes() == (tmp_path / "two.apr").read_bytes()


def test_the_vocabulary_flag_is_set_iff_a_vocabulary_is_embedded(tmp_path: Path) -> None:
    path = tmp_path / "flag.apr"
    write_apr(path, metadata={"tokenizer.vocabulary": ["a"]}, tensors={}, tokenizer=None)
    assert path.read_bytes()[6:8] == b"\x00\x06"
    write_apr(path, metadata={"tokenizer.model_type": "gpt2"}, tensors={}, tokenizer=None)
    assert path.read_bytes()[6:8] == b"\x00\x04"


@pytest.mark.parametrize(
    ("config", "tensors", "size", "metadata"),
    [
        (("llama", 1024, 24, 16, 4, 64, 2816, 50257, 4096, 1e4, 1e-5, False, False), 219, 1_494_053_060, 704),
        (("qwen2", 896, 24, 14, 2, 64, 4864, 151936, 32768, 1e6, 1e-6, False, True), 291, 2_520_691_140, 896),
    ],
)
def test_index_and_data_add_up_to_the_known_sizes_of_public_files(
    config: tuple[Any, ...], tensors: int, size: int, metadata: int
) -> None:
    shapes = ArchitectureConfig(*config).tensor_shapes()
    assert len(shapes) == tensors
    unread = source("F32").load
    named = [(name.encode(), TensorSource("F32", shapes[name], unread)) for name in sorted(shapes)]
    data = sum(align(4 * math.prod(shape)) for shape in shapes.values())
    assert size == 64 + metadata + align(len(encode_index(named))) + data + 4
