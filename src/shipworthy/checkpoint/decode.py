"""Stored bytes as float32, for every dtype that is read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def decode(data: memoryview, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """A new, writable, C-ordered float32 array of `shape`. `data` holds exactly the tensor's bytes.

    Raises LookupError where the dtype cannot be decoded. Block formats of llama.cpp go through `gguf`.
    """
    decoder = _DECODERS.get(dtype)
    # A scale or value that is not finite is the content's matter, not a reason to warn.
    with np.errstate(all="ignore"):
        return decoder(data, shape) if decoder is not None else _ggml(data, dtype, shape)


def _f32(data: memoryview, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(data, "<f4").reshape(shape).astype(np.float32)


def _f16(data: memoryview, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(data, "<f2").reshape(shape).astype(np.float32)


def _bf16(data: memoryview, shape: tuple[int, ...]) -> np.ndarray:
    bits = np.frombuffer(data, "<u2").astype(np.uint32) << 16
    return bits.view(np.float32).reshape(shape)


def _apr_q4(data: memoryview, shape: tuple[int, ...]) -> np.ndarray:
    """Blocks of an f16 scale and 16 bytes; element 2i is the low nibble of byte i, element 2i+1 the high."""
    blocks = np.frombuffer(data, np.uint8).reshape(-1, 18)
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    nibbles = np.stack((blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4), axis=-1).reshape(-1, 32)
    values = (nibbles.astype(np.float32) - np.float32(8)) * scale
    return values.reshape(-1)[: _count(shape)].reshape(shape)


def _apr_q8(data: memoryview, shape: tuple[int, ...]) -> np.ndarray:
    """One f32 scale, then an int8 for each element."""
    values = np.frombuffer(data[4:], np.int8).astype(np.float32)
    values *= np.frombuffer(data[:4], "<f4")
    return values.reshape(shape)


def _ggml(data: memoryview, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    from gguf.constants import GGMLQuantizationType
    from gguf.quants import dequantize, quant_shape_to_byte_shape

    try:
        kind = GGMLQuantizationType[dtype]
        stored = np.frombuffer(data, np.uint8).reshape(quant_shape_to_byte_shape(shape, kind))
        values: np.ndarray = dequantize(stored, kind)
    except (KeyError, NotImplementedError) as error:
        raise LookupError(f"values of dtype {dtype} are not read") from error
    return np.ascontiguousarray(values, dtype=np.float32).reshape(shape)


def _count(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64))


_DECODERS: dict[str, Callable[[memoryview, tuple[int, ...]], np.ndarray]] = {
    "F32": _f32,
    "F16": _f16,
    "BF16": _bf16,
    "AprQ4": _apr_q4,
    "AprQ8": _apr_q8,
}
