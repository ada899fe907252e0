"""Opening a checkpoint by what it is, never by what its name says."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import FileError
from .apr_format import MAGIC as APR_MAGIC
from .apr_format import VERSION_1_MAGICS
from .apr_reader import read_apr
from .file_bytes import FileBytes
from .gguf_header import MAGIC as GGUF_MAGIC
from .gguf_reader import read_gguf
from .sniff import describe
from .view import Checkpoint

_FIX = "give an .apr file, a .gguf file or a directory with config.json and safetensors"


def open_checkpoint(path: Path) -> Checkpoint:
    """Open an `.apr`, a `.gguf` or a Hugging Face directory: header, layout and exact length are checked.

    Raises FileError with the code of the refusal and the byte where it shows.
    """
    # Unlike Path.is_dir this is False, too, of a name that no directory can have.
    if os.path.isdir(path):
        from .hf_directory import read_hf_directory

        return Checkpoint(read_hf_directory(path))
    return _open(FileBytes(path))


def open_bytes(data: bytes, name: str = "memory") -> Checkpoint:
    """Open the bytes of an `.apr` or a `.gguf` that are in memory. Raises FileError as `open_checkpoint`."""
    descriptor = os.memfd_create(name)
    with os.fdopen(os.dup(descriptor), "wb") as stream:
        stream.write(data)
    return _open(FileBytes(Path(name), descriptor))


def _open(file: FileBytes) -> Checkpoint:
    path = file.path
    try:
        magic = file.read(0, min(4, file.size))
        if magic == APR_MAGIC or magic in VERSION_1_MAGICS:
            return _unchanged(Checkpoint(read_apr(file)), file)
        if magic == GGUF_MAGIC:
            return _unchanged(Checkpoint(read_gguf(file)), file)
        if APR_MAGIC.startswith(magic) or GGUF_MAGIC.startswith(magic):
            message = f"the file ends after {file.size} bytes"
            raise FileError("truncated", message, path=path, offset=file.size, fix="copy it again")
        raise FileError("wrong-format", f"this is {describe(file)}", path=path, offset=0, fix=_FIX)
    except BaseException:
        file.close()
        raise


def _unchanged(checkpoint: Checkpoint, *files: FileBytes) -> Checkpoint:
    for file in files:
        file.check_unchanged()
    return checkpoint


def checkpoint_digest(path: Path) -> str:
    """The digest that `Checkpoint.digest` gives, of a checkpoint that opens."""
    with open_checkpoint(path) as checkpoint:
        return checkpoint.digest()
