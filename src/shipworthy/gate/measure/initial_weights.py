"""Measures initial_weights@1: what is in the decoder once training has loaded its initial weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...checkpoint import open_checkpoint
from ...errors import FileError
from .refusal import as_text

if TYPE_CHECKING:
    import numpy as np


def measure(subject: Path, artifacts: Mapping[str, Path], *, log: Path) -> dict[str, Any]:
    """Raw: SHA-256 of the float32 values of every tensor, in the file and in the decoder, or the refusal.

    `load_decoder` is what the trainer calls: the same function with the same arguments but for the device.
    """
    import torch

    from ...model import load_decoder

    with open_checkpoint(subject) as checkpoint:
        in_file = {name: digest(checkpoint.read(name)) for name in checkpoint.tensors}
        try:
            decoder = load_decoder(checkpoint, device=torch.device("cpu"))
        except FileError as error:
            return {"refusal": as_text(error), "file": in_file, "decoder": {}}
    loaded = {name: digest(value.numpy()) for name, value in decoder.state_dict().items()}
    return {"refusal": None, "file": in_file, "decoder": loaded}


def digest(values: np.ndarray) -> str:
    """SHA-256 of float32 values in C order."""
    import numpy as np

    contiguous = np.ascontiguousarray(values, dtype=np.float32)
    return hashlib.sha256(contiguous.reshape(-1).view(np.uint8).data).hexdigest()
