"""One safetensors file in memory as a checkpoint, and a header whose stated length is honest."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from shipworthy.checkpoint import Checkpoint
from shipworthy.checkpoint.file_bytes import FileBytes
from shipworthy.checkpoint.layout import Layout
from shipworthy.checkpoint.safetensors_header import read_safetensors

PATH = Path("model.safetensors")


def with_honest_length(data: bytes) -> bytes:
    """The bytes, the header stated to end at the last brace."""
    return struct.pack("<Q", max(data.rfind(b"}") + 1 - 8, 0)) + data[8:] if len(data) > 8 else data


def open_weights(data: bytes) -> Checkpoint:
    """A checkpoint of these weights alone. Raises FileError."""
    descriptor = os.memfd_create("weights")
    os.write(descriptor, data)
    file = FileBytes(PATH, descriptor)
    try:
        tensors = read_safetensors(file)
    except BaseException:
        file.close()
        raise
    return Checkpoint(
        Layout(
            path=PATH,
            format="hf",
            metadata={},
            native_metadata={},
            tensors=tensors,
            files={PATH: file},
            tokenizer=lambda: None,
            verify=None,
            digest=lambda sha256: sha256(file),
        )
    )
