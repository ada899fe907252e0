"""Mutations of an `.apr` that reach past its checksums and its sums of lengths."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

HEADER, FOOTER, ALIGNMENT = 64, 4, 64
Mutate = Callable[[bytes, int], bytes]


def with_honest_checksums(data: bytes) -> bytes:
    """The bytes with header checksum and footer computed again."""
    if len(data) < HEADER + FOOTER:
        return data
    changed = bytearray(data)
    changed[40:44] = struct.pack("<I", zlib.crc32(changed[44:64], zlib.crc32(changed[:40])))
    changed[-4:] = struct.pack("<I", zlib.crc32(changed[:-4]))
    return bytes(changed)


def mutated_section(data: bytes, longest: int, seed: int, mutate: Mutate) -> bytes:
    """One of metadata, index and tensor data mutated, and the header's offsets made to follow."""
    if len(data) < HEADER + FOOTER:
        return bytes(mutate(data, longest))
    (metadata_size,) = struct.unpack_from("<I", data, 20)
    index_at, data_at = struct.unpack_from("<QQ", data, 24)
    sections = [data[HEADER : HEADER + metadata_size], data[index_at:data_at], data[data_at:-FOOTER]]
    chosen = random.Random(seed).randrange(3)
    sections[chosen] = bytes(mutate(sections[chosen], max(longest - len(data), 0) + len(sections[chosen])))
    metadata, index, values = sections
    padded = metadata + bytes(-len(metadata) % ALIGNMENT)
    index += bytes(-len(index) % ALIGNMENT)
    changed = bytearray(data[:HEADER])
    struct.pack_into("<I", changed, 20, len(metadata))
    struct.pack_into("<QQ", changed, 24, HEADER + len(padded), HEADER + len(padded) + len(index))
    return (bytes(changed) + padded + index + values + bytes(FOOTER))[:longest]
