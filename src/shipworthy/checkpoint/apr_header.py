"""Reading the 64 bytes at the start of an `.apr` file, refusing each thing they can get wrong by name."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import FileError
from .apr_format import (
    CHECKSUM_AT,
    FOOTER_SIZE,
    HEADER,
    HEADER_SIZE,
    KNOWN_FLAGS,
    MAGIC,
    MAJOR,
    MAX_METADATA,
    MAX_TENSORS,
    MINOR,
    REFUSED_FLAGS,
    RESERVED_AT,
    VERSION_1_MAGICS,
    align,
    header_checksum,
)
from .file_bytes import FileBytes

_SPARE = 24 << 20
_FLAGS_AT, _COUNT_AT, _METADATA_AT, _METADATA_SIZE_AT, _INDEX_AT, _DATA_AT = 6, 8, 12, 20, 24, 32


@dataclass(frozen=True)
class AprHeader:
    """The header's fields; offsets and sizes in bytes."""

    flags: int
    tensor_count: int
    metadata_size: int
    index_offset: int
    data_offset: int


def read_header(file: FileBytes) -> AprHeader:
    """The header, its checksum verified and its sections in order and inside the file.

    Raises FileError: bad-magic, version, truncated, header-crc, reserved-bytes, unsupported-flag,
    section-order, metadata-size, tensor-count.
    """

    def refuse(code: str, message: str, offset: int, fix: str = "") -> FileError:
        return FileError(code, message, path=file.path, offset=offset, fix=fix)

    raw = file.read(0, min(HEADER_SIZE, file.size))
    if raw[:4] in VERSION_1_MAGICS:
        raise refuse("version", f"{raw[:4].decode()} is `.apr` version 1; only 2.0 is read", 0, "convert it")
    if raw[:4] != MAGIC:
        raise refuse("bad-magic", f"an `.apr` file starts with APR\\0, this one with {raw[:4]!r}", 0)
    if file.size < HEADER_SIZE + FOOTER_SIZE:
        message = f"header and footer take {HEADER_SIZE + FOOTER_SIZE} bytes, the file has {file.size}"
        raise refuse("truncated", message, file.size, "copy it again")
    _, major, minor, flags, count, metadata_at, metadata_size, index_at, data_at, checksum, reserved = (
        HEADER.unpack(raw)
    )
    if (major, minor) != (MAJOR, MINOR):
        raise refuse("version", f"version {major}.{minor} is not supported; only {MAJOR}.{MINOR} is", 4)
    computed = header_checksum(raw)
    if checksum != computed:
        message = f"the header states CRC-32 {checksum:08x}, its bytes have {computed:08x}"
        raise refuse("header-crc", message, CHECKSUM_AT, "copy it again")
    if any(reserved):
        first = RESERVED_AT + next(index for index, byte in enumerate(reserved) if byte)
        raise refuse("reserved-bytes", "a reserved byte of the header is not zero", first)
    named = [name for bit, name in REFUSED_FLAGS.items() if flags & bit]
    if flags & ~KNOWN_FLAGS:
        named.append(f"unknown flag bits {flags & ~KNOWN_FLAGS:#06x}")
    if named:
        raise refuse("unsupported-flag", f"not supported: {', '.join(named)}", _FLAGS_AT, "save it without")
    # An entry of the index takes some 500 bytes of memory, and as few as 21 of the file.
    most = min(MAX_TENSORS, (2 * file.size + _SPARE) // 512)
    if count > most:
        message = f"{count} tensors, at most {most} are read of a file of {file.size} bytes"
        raise refuse("tensor-count", message, _COUNT_AT)
    if metadata_size > MAX_METADATA:
        message = f"{metadata_size} bytes of metadata are claimed, at most {MAX_METADATA} are read"
        raise refuse("metadata-size", message, _METADATA_SIZE_AT)
    expected_index = align(HEADER_SIZE + metadata_size)
    if metadata_at != HEADER_SIZE:
        raise refuse("section-order", f"metadata starts at {metadata_at}, not at {HEADER_SIZE}", _METADATA_AT)
    if index_at != expected_index:
        message = f"the tensor index starts at {index_at}; after the metadata it is due at {expected_index}"
        raise refuse("section-order", message, _INDEX_AT)
    if data_at < index_at or data_at != align(data_at):
        message = f"tensor data starts at {data_at}, not at a multiple of 64 after the index at {index_at}"
        raise refuse("section-order", message, _DATA_AT)
    if data_at + FOOTER_SIZE > file.size:
        message = f"tensor data starts at {data_at}, the file ends at {file.size}"
        raise refuse("truncated", message, file.size, "copy it again")
    return AprHeader(flags, count, metadata_size, index_at, data_at)
