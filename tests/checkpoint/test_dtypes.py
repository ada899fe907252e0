"""Every dtype that is read gives the float32 values that its definition says."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize, quantize
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.checkpoint.decode import decode
from shipworthy.checkpoint.encode import encode


def test_apr_q4_by_its_definition() -> None:
    nibbles = [*range(16), *reversed(range(16))]
    packed = bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    data = (struct.pack("<e", 0.5) + packed) * 2
    expected = [(nibble - 8) * 0.5 for nibble in nibbles] * 2
    assert decode(memoryview(data), "AprQ4", (2, 32)).reshape(-1).tolist() == expected
    assert decode(memoryview(data), "AprQ4", (40,)).tolist() == expected[:40]


def test_apr_q8_by_its_definition() -> None:
    data = struct.pack("<f3b", 0.25, -127, 0, 127)
    assert decode(memoryview(data), "AprQ8", (3, 1)).tolist() == [[-31.75], [0.0], [31.75]]


@pytest.mark.parametrize("dtype", ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"])
def test_ggml_blocks_are_those_of_gguf(dtype: str) -> None:
    kind = GGMLQuantizationType[dtype]
    values = np.random.default_rng(1).standard_normal((3, 64), dtype=np.float32)
    stored = quantize(values, kind)
    assert np.array_equal(decode(memoryview(stored.tobytes()), dtype, (3, 64)), dequantize(stored, kind))


@pytest.mark.parametrize(("dtype", "size"), [("Q4_K", 144), ("Q6_K", 210)])
def test_k_quants_are_those_of_gguf(dtype: str, size: int) -> None:
    # Every f16 of a block is finite where no byte exceeds 0x7b.
    stored = np.random.default_rng(2).integers(0, 0x70, (3, 2 * size), dtype=np.uint8)
    expected = dequantize(stored, GGMLQuantizationType[dtype])
    assert np.array_equal(decode(memoryview(stored.tobytes()), dtype, (3, 512)), expected)


@pytest.mark.parametrize("dtype", ["F64", "I64", "F8_E4M3", "nonsense"])
def test_a_dtype_that_is_not_read_is_named(dtype: str) -> None:
    with pytest.raises(LookupError, match=dtype):
        decode(memoryview(bytes(8)), dtype, (1,))


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_what_is_read_belongs_to_the_caller(dtype: str) -> None:
    stored = encode(np.arange(6, dtype=np.float32).reshape(2, 3), dtype, "n")
    values = decode(stored, dtype, (2, 3))
    assert values.flags.writeable
    assert values.flags.c_contiguous
    values[:] = 9
    assert decode(stored, dtype, (2, 3)).tolist() == [[0, 1, 2], [3, 4, 5]]


@given(bits=st.integers(0, 2**32 - 1))
def test_bfloat16_rounds_to_nearest_even(bits: int) -> None:
    value = np.array([bits], np.uint32).view(np.float32)
    below, above = bits & 0xFFFF0000, (bits & 0xFFFF0000) + 0x10000
    if not np.isfinite(value[0]) or (above & 0x7F800000) == 0x7F800000:
        return
    middle = below + 0x8000
    up = bits > middle or (bits == middle and below & 0x10000)
    stored = int.from_bytes(encode(value, "BF16", "n"), "little")
    assert stored == (above if up else below) >> 16
