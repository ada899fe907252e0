"""What a GGUF says of its own encoding, and whether a tensor of it is quantized in blocks."""

from __future__ import annotations

from ...checkpoint import Checkpoint


def file_type(file: Checkpoint) -> str | None:
    """llama.cpp's name of the type that the file states, or None where it states none that is known."""
    from gguf import LlamaFileType

    stated = file.native_metadata.get("general.file_type")
    return next((kind.name for kind in LlamaFileType if kind == stated), None)


def in_blocks(dtype: str) -> bool:
    """Whether values of a stored type share a scale with their neighbours."""
    return dtype not in ("F32", "F16", "BF16")
