"""Our safetensors files are those of the `safetensors` package, byte for byte, though written by block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from shipworthy.checkpoint import TensorSource
from shipworthy.checkpoint.safetensors_writer import shards, write_safetensors
from shipworthy.errors import UsageError

TENSORS = {
    "b.weight": torch.arange(24, dtype=torch.float32).reshape(6, 4) / 7,
    "a.weight": torch.linspace(-3, 3, 10).to(torch.float16),
    "ä": torch.linspace(-3, 3, 9).to(torch.bfloat16).reshape(3, 3),
    "c": torch.tensor([1.0, float("nan"), float("inf")]),
    "a": torch.zeros(1, dtype=torch.bfloat16),
}
NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def stored(tensor: torch.Tensor) -> TensorSource:
    """The bytes of a tensor, in pieces of 5."""
    data = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
    pieces = [memoryview(data[start : start + 5]) for start in range(0, len(data), 5)]
    return TensorSource(NAMES[tensor.dtype], tuple(tensor.shape), lambda: pieces)


def test_bytes_are_those_of_the_package(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "ours", {name: stored(tensor) for name, tensor in TENSORS.items()})
    save_file(TENSORS, tmp_path / "theirs", metadata={"format": "pt"})
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_values_are_rounded_as_torch_rounds_them(dtype: torch.dtype, tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((40, 8), dtype=np.float32)
    source = TensorSource(NAMES[dtype], (40, 8), lambda: iter((values[:7], values[7:])))
    write_safetensors(tmp_path / "m", {"w": source})
    assert torch.equal(load_file(tmp_path / "m")["w"], torch.from_numpy(values).to(dtype))


def test_a_dtype_that_is_only_passed_on_is_refused(tmp_path: Path) -> None:
    source = TensorSource("Q4_K", (1, 256), lambda: [memoryview(bytes(144))])
    with pytest.raises(UsageError) as caught:
        write_safetensors(tmp_path / "m", {"w": source})
    assert caught.value.code == "dtype-not-writable"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("limit", "groups"),
    [
        (10**9, [["a", "b", "c"]]),
        (24, [["a", "b"], ["c"]]),
        (16, [["a"], ["b"], ["c"]]),
        (1, [["a"], ["b"], ["c"]]),
    ],
)
def test_shards_hold_no_more_than_the_limit_or_one_tensor(limit: int, groups: list[list[str]]) -> None:
    sizes = {"c": 4, "a": 3, "b": 3}
    sources = {name: TensorSource("F32", (size,), lambda: ()) for name, size in sizes.items()}
    assert shards(sources, limit) == groups
