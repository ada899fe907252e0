"""What the reader of one format hands to the Checkpoint view: everything but the tensors' values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .entry import TensorEntry
from .file_bytes import FileBytes
from .full_pass import Observe

if TYPE_CHECKING:
    from .tokenizer import TokenizerSpec

Format = Literal["apr", "gguf", "hf"]


@dataclass(frozen=True)
class Unsupported:
    """Something a file states that opening tolerates and building a decoder from it cannot."""

    code: str
    message: str
    fix: str = ""


@dataclass(frozen=True)
class Layout:
    """An opened checkpoint.

    `digest` takes how a file is hashed. `metadata` uses the field names of `.apr`, `native_metadata` the
    format's own. `rotary_heads` gives, for each tensor whose rows are stored for interleaved rotary pairs,
    its number of heads. `verify` is None where a format has no checksum. `flags` are those of an `.apr`
    header.
    """

    path: Path
    format: Format
    metadata: Mapping[str, Any]
    native_metadata: Mapping[str, Any]
    tensors: Mapping[str, TensorEntry]
    files: Mapping[Path, FileBytes]
    tokenizer: Callable[[], TokenizerSpec | None]
    verify: Callable[[Observe | None], None] | None
    digest: Callable[[Callable[[FileBytes], str]], str]
    rotary_heads: Mapping[str, int] = field(default_factory=dict)
    unsupported: tuple[Unsupported, ...] = ()
    flags: int = 0

    def close(self) -> None:
        """Close the files."""
        for file in self.files.values():
            file.close()
