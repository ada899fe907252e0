"""One view of a checkpoint, whatever its format: metadata, tensors under Hugging Face names, tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..architecture import ArchitectureConfig
from ..errors import FileError
from .configuration import configuration
from .entry import TensorEntry
from .layout import Format, Layout, Unsupported

if TYPE_CHECKING:
    import numpy as np

    from .tokenizer import TokenizerSpec


class Checkpoint:
    """An opened checkpoint; a context manager. Its files are mapped; a tensor is read when it is asked for.

    Arrays that `read` returned are the caller's own; views that `raw` returned stay valid after `close`.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.path: Path = layout.path
        self.format: Format = layout.format
        self.metadata: Mapping[str, Any] = MappingProxyType(dict(layout.metadata))
        """Under the field names of `.apr`; what the file does not state is absent."""
        self.native_metadata: Mapping[str, Any] = MappingProxyType(dict(layout.native_metadata))
        """The format's own keys, tokenizer arrays included."""
        self.tensors: Mapping[str, TensorEntry] = MappingProxyType(dict(layout.tensors))

    @property
    def size(self) -> int:
        """Bytes of the mapped files: the file itself, or the safetensors of a directory."""
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
        return self._layout.tokenizer()

    def config(self) -> ArchitectureConfig:
        """The decoder's constants. Raises FileError as `configuration` does."""
        return configuration(self.metadata, set(self.tensors), path=self.path, unsupported=self.unsupported)

    def read(self, name: str) -> np.ndarray:
        """The values of a tensor: float32, C order, weights [out, in], rotary rows in halves; a new array.

        Raises FileError no-such-tensor, unsupported-dtype, rotary-heads.
        """
        # Here, so that inspecting a checkpoint does not wait for numpy.
        from .decode import decode
        from .rotary import to_halves

        entry = self._entry(name)
        try:
            values = decode(self.raw(name), entry.dtype, entry.shape)
        except LookupError as error:
            raise FileError("unsupported-dtype", f"{name}: {error.args[0]}", path=entry.file) from None
        heads = self._layout.rotary_heads.get(name)
        if heads is None:
            return values
        if heads <= 0 or not entry.shape or entry.shape[0] % (2 * heads):
            message = f"{name} has {entry.shape[:1]} rows, which {heads} heads cannot share in pairs"
            raise FileError("rotary-heads", message, path=entry.file, offset=entry.offset)
        return to_halves(values, heads)

    def raw(self, name: str) -> memoryview:
        """The bytes of a tensor as stored, read-only. Raises FileError no-such-tensor."""
        entry = self._entry(name)
        return self._layout.files[entry.file].view(entry.offset, entry.offset + entry.nbytes)

    def verify(self) -> None:
        """What opening leaves unread: footer CRC and padding of `.apr`; and every tensor's extent again."""
        for name in self.tensors:
            self.raw(name)
        self._layout.verify()

    def digest(self) -> str:
        """Lower-case hex SHA-256 of the file, or of a directory's listing (see `directory_digest`)."""
        return self._layout.digest()

    def close(self) -> None:
        """Release the mapped files."""
        self._layout.close()

    def _entry(self, name: str) -> TensorEntry:
        try:
            return self.tensors[name]
        except KeyError:
            message = f"the checkpoint has no tensor {name!r} among its {len(self.tensors)}"
            raise FileError("no-such-tensor", message, path=self.path) from None
