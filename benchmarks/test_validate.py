"""Every value of 135 M parameters looked at, checksum included: beside torch, which loads and asks isfinite.

Floor: a byte is read once into cache (10 GB/s on one core here), passed over by CRC-32 (13 GB/s) and twice by
the scan.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from shipworthy.checkpoint import TensorSource, open_checkpoint, write_apr
from shipworthy.checkpoint.validate import validate

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@pytest.mark.parametrize("dtype", _DTYPES)
def test_our_validate(
    dtype: str, side_by_side: Any, base_arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    path = tmp_path / "all.apr"
    tensors = {
        name: TensorSource(dtype, array.shape, lambda array=array: array)  # type: ignore[misc]
        for name, array in base_arrays.items()
    }
    write_apr(path, metadata={}, tensors=tensors, tokenizer=None)

    def ours() -> int:
        with open_checkpoint(path) as checkpoint:
            return validate(checkpoint).counted["values"]

    group = f"validate 135 M values of {dtype}"
    assert side_by_side(group, "ours", ours, rounds=7, nbytes=path.stat().st_size) == 134_515_008


@pytest.mark.parametrize("dtype", _DTYPES)
def test_torch_isfinite(
    dtype: str, side_by_side: Any, base_arrays: dict[str, np.ndarray], tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    path = tmp_path / "all.safetensors"
    save_file({name: torch.from_numpy(a).to(_DTYPES[dtype]) for name, a in base_arrays.items()}, path)

    def peer() -> bool:
        return all(bool(tensor.isfinite().all()) for tensor in load_file(path).values())

    group = f"validate 135 M values of {dtype}"
    assert side_by_side(group, "peer", peer, rounds=7, nbytes=path.stat().st_size)
