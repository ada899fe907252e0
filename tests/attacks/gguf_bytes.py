"""GGUF files byte by byte, independent of any writer, with every field open to a lie."""

from __future__ import annotations

import struct
from dataclasses import dataclass

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)


def string(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def scalar(kind: int, code: str, value: float) -> bytes:
    return struct.pack("<I", kind) + struct.pack(f"<{code}", value)


def u32(value: int) -> bytes:
    return scalar(U32, "I", value)


def text(value: str | bytes) -> bytes:
    return struct.pack("<I", STRING) + string(value)


def array(kind: int, count: int, elements: bytes) -> bytes:
    return struct.pack("<IIQ", ARRAY, kind, count) + elements


@dataclass(frozen=True)
class GGUFTensor:
    name: str | bytes
    dims: tuple[int, ...]
    """As the file has them, the fastest first."""
    dtype: int
    data: bytes
    offset: int | None = None
    rank: int | None = None

    def info(self, offset: int) -> bytes:
        rank = len(self.dims) if self.rank is None else self.rank
        offset = offset if self.offset is None else self.offset
        head = string(self.name) + struct.pack("<I", rank)
        return head + struct.pack(f"<{len(self.dims)}QIQ", *self.dims, self.dtype, offset)


@dataclass(frozen=True)
class GGUFFile:
    """A well-formed file unless a field says otherwise; None is the honest value."""

    keys: tuple[tuple[str | bytes, bytes], ...] = (("general.architecture", text("llama")),)
    tensors: tuple[GGUFTensor, ...] = (
        GGUFTensor("a.weight", (3, 2), 0, struct.pack("<6f", *range(6))),
        GGUFTensor("b.weight", (32,), 8, struct.pack("<e32b", 0.5, *range(-16, 16))),
    )
    magic: bytes = b"GGUF"
    version: int = 3
    tensor_count: int | None = None
    key_count: int | None = None
    alignment: int = 32
    tail: bytes = b""

    def header(self) -> bytes:
        tensor_count = len(self.tensors) if self.tensor_count is None else self.tensor_count
        key_count = len(self.keys) if self.key_count is None else self.key_count
        header = self.magic + struct.pack("<IQQ", self.version, tensor_count, key_count)
        for key, value in self.keys:
            header += string(key) + value
        offset = 0
        for tensor in self.tensors:
            header += tensor.info(offset)
            offset += len(self._padded(tensor.data))
        return header

    def build(self) -> bytes:
        data = b"".join(self._padded(tensor.data) for tensor in self.tensors)
        return self._padded(self.header()) + data + self.tail

    def _padded(self, data: bytes) -> bytes:
        return data + bytes(-len(data) % self.alignment)
