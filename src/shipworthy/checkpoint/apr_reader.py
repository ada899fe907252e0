"""Opening an `.apr` v2 file: header, metadata, index and exact length now; the footer CRC in `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import FileError
from .apr_format import FOOTER_SIZE, HEADER_SIZE, TOKENIZER_ARRAYS, align
from .apr_header import read_header
from .apr_index import check_zero, read_index
from .entry import TensorEntry
from .file_bytes import FileBytes
from .full_pass import Observe, by_tensor, crc32_while
from .layout import Layout
from .strict_json import parse_object

if TYPE_CHECKING:
    from .tokenizer import TokenizerSpec


def read_apr(file: FileBytes) -> Layout:
    """The layout of an `.apr` file. Raises FileError as read_header, parse_object and read_index do."""
    header = read_header(file)
    metadata_end = HEADER_SIZE + header.metadata_size
    stated = parse_object(
        file.read(HEADER_SIZE, metadata_end), path=file.path, size=file.size, start=HEADER_SIZE
    )
    check_zero(file, metadata_end, header.index_offset, "after the metadata")
    tensors = read_index(file, header)

    def tokenizer() -> TokenizerSpec | None:
        if "tokenizer.vocabulary" not in stated:
            return None
        from .tokenizer import TokenizerSpec

        return TokenizerSpec.from_apr(stated, file.path)

    return Layout(
        path=file.path,
        format="apr",
        metadata={key: value for key, value in stated.items() if key not in TOKENIZER_ARRAYS},
        native_metadata=stated,
        tensors=tensors,
        files={file.path: file},
        tokenizer=tokenizer,
        verify=lambda observe: _verify(file, list(tensors.values()), observe),
        digest=lambda sha256: sha256(file),
        flags=header.flags,
    )


def _verify(file: FileBytes, tensors: list[TensorEntry], observe: Observe | None) -> None:
    """Raises FileError footer-crc, nonzero-padding."""
    end = file.size - FOOTER_SIZE
    computed = crc32_while(file, end, None if observe is None else by_tensor(tensors, observe))
    stated = int.from_bytes(file.read(end, file.size), "little")
    if stated != computed:
        message = f"the footer states CRC-32 {stated:08x}, the bytes before it have {computed:08x}"
        raise FileError("footer-crc", message, path=file.path, offset=end, fix="copy it again")
    for entry in tensors:
        tensor_end = entry.offset + entry.nbytes
        check_zero(file, tensor_end, align(tensor_end), f"after {entry.name}")
