"""Measures quantized_round_trip@1: a quantized export, dequantized, beside the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...checkpoint import Checkpoint, open_checkpoint
from ...checkpoint.tensor_comparison import compare_tensor
from ...errors import FileError
from .gguf_file_type import file_type
from .refusal import as_text


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path, export: str) -> dict[str, Any]:
    """Raw: per tensor that both have, its shape, its type in the file, what is not finite, and the cosine."""
    raw: dict[str, Any] = {"asked": export, "refusal": None, "file_type": None, "tensors": []}
    with open_checkpoint(subject) as source:
        names = sorted(source.tensors)
        try:
            file = open_checkpoint(artifacts["gguf"])
        except FileError as error:
            return {**raw, "refusal": as_text(error), "names": {"checkpoint": names, "gguf": []}}
        with file:
            found = (_row(source, file, name) for name in names if name in file.tensors)
            return {
                **raw,
                "file_type": file_type(file),
                "names": {"checkpoint": names, "gguf": sorted(file.tensors)},
                "tensors": [row for row in found if row is not None],
            }


def _row(source: Checkpoint, file: Checkpoint, name: str) -> dict[str, Any] | None:
    """None where the two cannot be compared."""
    compared = compare_tensor(source, file, name)
    if compared.not_compared:
        return None
    cosine = compared.cosine
    if compared.identical_values:
        cosine = 1.0
    elif cosine is None and not any(compared.not_finite):
        cosine = 0.0  # one side is zeros
    return {
        "name": name,
        "shape": list(source.tensors[name].shape),
        "stored": file.tensors[name].dtype,
        "not_finite": sum(compared.not_finite),
        "cosine": cosine,
    }
