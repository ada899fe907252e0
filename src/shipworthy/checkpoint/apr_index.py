"""Reading the tensor index of an `.apr` file: every name, shape, size and offset proven before use."""

from __future__ import annotations

import struct

from ..errors import FileError
from .apr_format import (
    AMBIGUOUS_DTYPES,
    DTYPES,
    FOOTER_SIZE,
    MAX_NAME,
    MAX_RANK,
    BlockType,
    align,
)
from .apr_header import AprHeader
from .entry import TensorEntry, has_too_many_elements
from .file_bytes import FileBytes

_NAME_LENGTH = struct.Struct("<H")


def read_index(file: FileBytes, header: AprHeader) -> dict[str, TensorEntry]:
    """The tensors in file order, with absolute offsets; they fill the data section exactly.

    Raises FileError: truncated, trailing-bytes, index-overrun, section-order, nonzero-padding, and
    tensor-name-{empty,length,encoding,duplicate,unsorted}, tensor-dtype, tensor-dtype-ambiguous, tensor-rank,
    tensor-shape-overflow, tensor-block, tensor-size, tensor-offset.
    """
    section = file.read(header.index_offset, header.data_offset)
    reader = _IndexReader(section, header, file)
    entries: dict[str, TensorEntry] = {}
    for _ in range(header.tensor_count):
        entry = reader.entry()
        entries[entry.name] = entry
    end = header.index_offset + reader.position
    if align(end) != header.data_offset:
        message = f"tensor data starts at {header.data_offset}; after the index it is due at {align(end)}"
        raise FileError("section-order", message, path=file.path, offset=32)
    check_zero(file, end, header.data_offset, "after the tensor index")
    expected = header.data_offset + reader.next_offset + FOOTER_SIZE
    if file.size < expected:
        message = f"the index needs {expected} bytes, the file has {file.size}"
        raise FileError("truncated", message, path=file.path, offset=file.size, fix="copy it again")
    if file.size > expected:
        message = f"the file goes on for {file.size - expected} bytes after its footer"
        raise FileError("trailing-bytes", message, path=file.path, offset=expected)
    return entries


def check_zero(file: FileBytes, start: int, end: int, what: str) -> None:
    """Raises FileError nonzero-padding naming the first byte of [start, end) that is not zero."""
    for index, byte in enumerate(file.read(start, end)):
        if byte:
            message = f"the padding {what} holds {byte:#04x}, not zero"
            raise FileError("nonzero-padding", message, path=file.path, offset=start + index)


class _IndexReader:
    def __init__(self, section: bytes, header: AprHeader, file: FileBytes) -> None:
        self.section, self.header, self.file = section, header, file
        self.position = 0
        self.next_offset = 0
        self.previous: bytes | None = None

    def refuse(self, code: str, message: str, at: int) -> FileError:
        return FileError(code, message, path=self.file.path, offset=self.header.index_offset + at)

    def take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self.section):
            message = f"the tensor index runs past its section, which ends at {self.header.data_offset}"
            raise self.refuse("index-overrun", message, self.position)
        taken = self.section[self.position : end]
        self.position = end
        return taken

    def entry(self) -> TensorEntry:
        name = self.name()
        at = self.position
        code, rank = self.take(2)
        dtype = self.dtype(name, code, at)
        if rank > MAX_RANK:
            raise self.refuse("tensor-rank", f"{name} claims {rank} dimensions, at most {MAX_RANK}", at + 1)
        shape = struct.unpack(f"<{rank}Q", self.take(8 * rank))
        self.check_shape(name, dtype, shape, at + 2)
        at = self.position
        offset, size = struct.unpack("<QQ", self.take(16))
        if size != dtype.size(shape):
            message = f"{name} states {size} bytes; {dtype.name} {list(shape)} takes {dtype.size(shape)}"
            raise self.refuse("tensor-size", message, at + 8)
        if offset != self.next_offset:
            message = f"{name} has offset {offset}, expected {self.next_offset}"
            raise self.refuse("tensor-offset", message, at)
        self.next_offset = align(offset + size)
        return TensorEntry(name, dtype.name, shape, size, self.header.data_offset + offset, self.file.path)

    def name(self) -> str:
        at = self.position
        (length,) = _NAME_LENGTH.unpack(self.take(2))
        if length == 0:
            raise self.refuse("tensor-name-empty", "a tensor has no name", at)
        if length > MAX_NAME:
            raise self.refuse("tensor-name-length", f"a name of {length} bytes, at most {MAX_NAME}", at)
        raw = self.take(length)
        try:
            name = raw.decode()
        except UnicodeDecodeError:
            raise self.refuse("tensor-name-encoding", f"the name {raw!r} is not UTF-8", at + 2) from None
        if self.previous is not None and raw <= self.previous:
            kind = "duplicate" if raw == self.previous else "unsorted"
            message = f"{name} follows {self.previous.decode()}; names must rise, bytewise"
            raise self.refuse(f"tensor-name-{kind}", message, at + 2)
        self.previous = raw
        return name

    def dtype(self, name: str, code: int, at: int) -> BlockType:
        if code in AMBIGUOUS_DTYPES:
            message = f"{name} has dtype code {code}, which means different things to different readers"
            raise self.refuse("tensor-dtype-ambiguous", message, at)
        if code not in DTYPES:
            raise self.refuse("tensor-dtype", f"{name} has the unknown dtype code {code}", at)
        return DTYPES[code]

    def check_shape(self, name: str, dtype: BlockType, shape: tuple[int, ...], at: int) -> None:
        if has_too_many_elements(shape):
            message = f"{name} has shape {list(shape)}, more elements than a 64-bit size counts"
            raise self.refuse("tensor-shape-overflow", message, at)
        if dtype.whole_rows and dtype.block > 1 and (not shape or shape[-1] % dtype.block):
            message = f"{name} is {dtype.name} {list(shape)}; rows must be multiples of {dtype.block}"
            raise self.refuse("tensor-block", message, at)
