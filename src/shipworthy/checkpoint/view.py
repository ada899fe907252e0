"""One view of a checkpoint, whatever its format: metadata, tensors under Hugging Face names, tokenizer."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..architecture import ArchitectureConfig
from ..errors import FileError
from .configuration import configuration
from .entry import TensorEntry
from .file_bytes import FileBytes
from .full_pass import Observe
from .layout import Format, Layout, Unsupported

if TYPE_CHECKING:
    import numpy as np

    from .tokenizer import TokenizerSpec


class Checkpoint:
    """An opened checkpoint; a context manager. Its files are open; a tensor is read when it is asked for.

    What `read` and `raw` returned is the caller's own; views that `mapped` returned stay valid after `close`.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.path: Path = layout.path
        self.format: Format = layout.format
        self.metadata: Mapping[str, Any] = MappingProxyType(dict(layout.metadata))
        """Under the field names of `.apr`; what the file does not state is absent."""
        self.native_metadata: Mapping[str, Any] = MappingProxyType(layout.native_metadata)
        """The format's own keys, tokenizer arrays included."""
        self.tensors: Mapping[str, TensorEntry] = MappingProxyType(dict(layout.tensors))

    @property
    def header_flags(self) -> int:
        """Of an `.apr` the flags that its header states; of another format 0."""
        return self._layout.flags

    @property
    def size(self) -> int:
        """Bytes of the files: the file itself, or the safetensors of a directory."""
        return sum(file.size for file in self._layout.files.values())

    @property
    def unsupported(self) -> tuple[Unsupported, ...]:
        """What the checkpoint states that `config` refuses because our decoder does not compute it."""
        return self._layout.unsupported

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def tokenizer(self) -> TokenizerSpec | None:
        """The embedded tokenizer, or None where the file embeds none. Raises FileError where it is broken."""
        return self._tokenizer

    def config(self) -> ArchitectureConfig:
        """The decoder's constants. Raises FileError as `configuration` does."""
        return configuration(self.metadata, set(self.tensors), path=self.path, unsupported=self.unsupported)

    def read(self, name: str) -> np.ndarray:
        """The values of a tensor: float32, C order, weights [out, in], rotary rows in halves; a new array.

        Raises FileError no-such-tensor, unsupported-dtype, rotary-heads, changed-while-open.
        """
        # Here, so that inspecting a checkpoint does not wait for numpy.
        import numpy as np

        entry = self._entry(name)
        file = self._layout.files[entry.file]
        values: np.ndarray = np.empty(entry.shape, np.float32)
        if entry.dtype == "F32" and not self.is_permuted(name) and sys.byteorder == "little":
            if values.size:
                file.read_into(entry.offset, values.reshape(-1).view(np.uint8).data)
                file.check_unchanged()
            return values
        row = 0
        rows = values.reshape(entry.shape or (1,))
        for block in self.blocks(name):
            rows[row : row + len(block)] = block
            row += len(block)
        return values

    def blocks(self, name: str) -> Iterator[np.ndarray]:
        """The same values as float32 [rows, ...] of some 4 MiB, consecutive along the first axis.

        Each block is valid until the next is asked for; where rotary rows are permuted it holds whole heads.
        Raises FileError as `read` does.
        """
        return (values for _, values in self.blocks_as_stored(name))

    def blocks_as_stored(self, name: str, *, together: int = 1) -> Iterator[tuple[memoryview, np.ndarray]]:
        """The same blocks, each behind the bytes that it was decoded from: one reading for both.

        A block holds a multiple of `together` rows: those of a head, for who reorders rows within it.
        """
        from .blocks import stored_and_values

        entry = self._entry(name)
        heads = self._layout.rotary_heads.get(name)
        if heads is not None and (heads <= 0 or not entry.shape or entry.shape[0] % (2 * heads)):
            message = f"{name} has {entry.shape[:1]} rows, which {heads} heads cannot share in pairs"
            raise FileError("rotary-heads", message, path=entry.file, offset=entry.offset)
        file = self._layout.files[entry.file]
        try:
            yield from stored_and_values(file, entry, heads, together)
        except LookupError as error:
            raise FileError("unsupported-dtype", f"{name}: {error.args[0]}", path=entry.file) from None
        file.check_unchanged()

    def is_permuted(self, name: str) -> bool:
        """Whether the rows are stored as llama.cpp rotates them: interleaved pairs, not halves."""
        return name in self._layout.rotary_heads

    def raw(self, name: str) -> memoryview:
        """The bytes of a tensor as stored: a copy. Raises FileError no-such-tensor, changed-while-open."""
        entry = self._entry(name)
        file = self._layout.files[entry.file]
        stored = file.read(entry.offset, entry.offset + entry.nbytes)
        file.check_unchanged()
        return memoryview(stored)

    def raw_blocks(self, name: str) -> Iterator[memoryview]:
        """The bytes of a tensor as stored, in consecutive pieces, each valid until the next."""
        entry = self._entry(name)
        file = self._layout.files[entry.file]
        yield from file.chunks(entry.offset, entry.offset + entry.nbytes)
        file.check_unchanged()

    def mapped(self, name: str) -> memoryview:
        """The bytes of a tensor as stored, not copied but mapped, read-only; valid after `close`.

        For a file that nobody writes meanwhile: see `FileBytes.mapped`.
        """
        entry = self._entry(name)
        return self._layout.files[entry.file].mapped(entry.offset, entry.offset + entry.nbytes)

    def verify(self, observe: Observe | None = None) -> None:
        """What opening leaves unread: the footer CRC and padding of `.apr`; the others have no checksum.

        `observe(name, piece)` sees the stored bytes of every tensor in the same reading, whatever the format.
        Raises FileError footer-crc, nonzero-padding, changed-while-open.
        """
        try:
            if self._layout.verify is not None:
                self._layout.verify(observe)
            elif observe is not None:
                for name in self.tensors:
                    for piece in self.raw_blocks(name):
                        observe(name, piece)
        except FileError:
            # A file that was written meanwhile is that, whatever it then looks like.
            self._check_unchanged()
            raise
        self._check_unchanged()

    def digest(self) -> str:
        """Lower-case hex SHA-256 of the file, or of a directory's listing (see `directory_digest`)."""
        return self._layout.digest(FileBytes.sha256)

    @property
    def weights(self) -> tuple[Path, ...]:
        """The files that tensors are read from, by name; whatever else lies in their directory is none."""
        return tuple(sorted(self._layout.files))

    def known_digest(self) -> str | None:
        """The same without reading the weights, where it is remembered of these very files; else None.

        For display: nothing that is signed, and no verdict, takes a digest from memory.
        """

        def known(file: FileBytes) -> str:
            digest = file.known_sha256()
            if digest is None:
                raise LookupError(file.path)
            return digest

        try:
            return self._layout.digest(known)
        except LookupError:
            return None

    def close(self) -> None:
        """Close the files."""
        self._layout.close()

    @cached_property
    def _tokenizer(self) -> TokenizerSpec | None:
        return self._layout.tokenizer()

    def _check_unchanged(self) -> None:
        for file in self._layout.files.values():
            file.check_unchanged()

    def _entry(self, name: str) -> TensorEntry:
        try:
            return self.tensors[name]
        except KeyError:
            message = f"the checkpoint has no tensor {name!r} among its {len(self.tensors)}"
            raise FileError("no-such-tensor", message, path=self.path) from None
