"""Messages of the child: a JSON header and raw bytes, each with its length before it.

One frame is u32 length of the header | u64 length of the payload | header | payload, little-endian.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

LENGTHS = struct.Struct("<IQ")
MAX_HEADER = 1 << 28
MAX_PAYLOAD = 1 << 36


def write_frame(descriptor: int, header: dict[str, Any], payload: memoryview | bytes = b"") -> None:
    """Write one frame whole."""
    encoded = json.dumps(header).encode()
    _write_all(descriptor, memoryview(LENGTHS.pack(len(encoded), len(payload)) + encoded))
    _write_all(descriptor, memoryview(payload))


def _write_all(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def read_frame(fill: Callable[[memoryview], None]) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
    """Read one frame; `fill` fills a whole buffer or raises. Raises ValueError on a broken frame."""
    lengths = bytearray(LENGTHS.size)
    fill(memoryview(lengths))
    header_length, payload_length = LENGTHS.unpack(lengths)
    if header_length > MAX_HEADER:
        raise ValueError(f"a frame header of {header_length} bytes")
    encoded = bytearray(header_length)
    fill(memoryview(encoded))
    header = json.loads(encoded)
    if not isinstance(header, dict):
        raise ValueError("a frame header that is not an object")
    if payload_length > MAX_PAYLOAD:
        raise ValueError(f"a frame payload of {payload_length} bytes")
    payload = np.empty(payload_length, np.uint8)
    fill(payload.data)
    return header, payload
