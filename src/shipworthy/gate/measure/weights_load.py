"""Measures weights_load@1: a directory's safetensors, read whole and loaded into the decoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...checkpoint import Checkpoint, open_checkpoint
from ...errors import FileError
from .refusal import as_text

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, dtype: str) -> dict[str, Any]:
    """Raw: the files, per tensor how many values are not finite, and the shapes that the decoder then has."""
    with open_checkpoint(subject) as checkpoint:
        checkpoint.verify()
        files = sorted({entry.file for entry in checkpoint.tensors.values()})
        decoder, refusal = _loaded(checkpoint, dtype)
        return {
            "format": checkpoint.format,
            "safetensors": [path.name for path in files if path.suffix == ".safetensors"],
            "pickles": _pickles(subject),
            "refusal": refusal,
            "tensors": {
                name: {
                    "dtype": entry.dtype,
                    "shape": list(entry.shape),
                    "not_finite": sum(
                        int(block.size - np.count_nonzero(np.isfinite(block)))
                        for block in checkpoint.blocks(name)
                    ),
                }
                for name, entry in checkpoint.tensors.items()
            },
            "decoder": decoder,
        }


def _loaded(checkpoint: Checkpoint, dtype: str) -> tuple[dict[str, list[int]], str | None]:
    import torch

    from ...model import load_decoder

    kind = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[dtype]
    try:
        decoder = load_decoder(checkpoint, device=torch.device("cpu"), dtype=kind)
    except FileError as error:
        return {}, as_text(error)
    return {name: list(value.shape) for name, value in decoder.state_dict().items()}, None


def _pickles(subject: Path) -> list[str]:
    if not subject.is_dir():
        return []
    return sorted(path.name for path in subject.iterdir() if path.suffix.lower() in _PICKLES)
