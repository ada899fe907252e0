"""`.apr` files byte by byte, independent of our writer, with every field open to a lie."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 64)


@dataclass(frozen=True)
class AprTensor:
    name: bytes
    dtype: int
    dims: tuple[int, ...]
    data: bytes
    offset: int | None = None
    size: int | None = None
    rank: int | None = None
    name_length: int | None = None

    def entry(self, offset: int) -> bytes:
        name_length = len(self.name) if self.name_length is None else self.name_length
        rank = len(self.dims) if self.rank is None else self.rank
        offset = offset if self.offset is None else self.offset
        size = len(self.data) if self.size is None else self.size
        fixed = struct.pack("<H", name_length) + self.name + bytes((self.dtype, rank))
        return fixed + struct.pack(f"<{len(self.dims)}Q", *self.dims) + struct.pack("<QQ", offset, size)


@dataclass(frozen=True)
class AprFile:
    """A well-formed file unless a field says otherwise; None is the honest value."""

    metadata: bytes = b'{"architecture":"llama"}'
    tensors: tuple[AprTensor, ...] = (
        AprTensor(b"a.weight", 0, (2, 3), struct.pack("<6f", *range(6))),
        AprTensor(b"b.weight", 1, (5,), struct.pack("<5e", *range(5))),
    )
    magic: bytes = b"APR\0"
    version: tuple[int, int] = (2, 0)
    flags: int = 0x0400
    tensor_count: int | None = None
    metadata_offset: int = 64
    metadata_size: int | None = None
    index_offset: int | None = None
    data_offset: int | None = None
    header_crc: int | None = None
    reserved: bytes = bytes(20)
    footer: int | None = None
    tail: bytes = b""

    def build(self) -> bytes:
        entries, data = b"", b""
        for tensor in self.tensors:
            entries += tensor.entry(len(data))
            data += padded(tensor.data)
        body, index = padded(self.metadata), padded(entries)
        index_offset = 64 + len(body) if self.index_offset is None else self.index_offset
        data_offset = 64 + len(body) + len(index) if self.data_offset is None else self.data_offset
        count = len(self.tensors) if self.tensor_count is None else self.tensor_count
        size = len(self.metadata) if self.metadata_size is None else self.metadata_size
        fields = struct.pack(
            "<HIQIQQ", self.flags, count, self.metadata_offset, size, index_offset, data_offset
        )
        start = self.magic + bytes(self.version) + fields
        crc = zlib.crc32(start + self.reserved) if self.header_crc is None else self.header_crc
        whole = start + struct.pack("<I", crc) + self.reserved + body + index + data
        footer = zlib.crc32(whole) if self.footer is None else self.footer
        return whole + struct.pack("<I", footer) + self.tail


def with_byte(data: bytes, at: int, value: int) -> bytes:
    """The file with one byte of its body changed, and an honest footer."""
    changed = data[:at] + bytes((value,)) + data[at + 1 : -4]
    return changed + struct.pack("<I", zlib.crc32(changed))
