"""What a file that is no checkpoint is, in words a user recognizes."""

from __future__ import annotations

from .file_bytes import FileBytes

_PICKLE = "a pickle, which can run code when loaded"
_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "an executable"),
    (b"lmgg", "a GGML file, the format before GGUF"),
    (b"tjgg", "a GGJT file, the format before GGUF"),
    (b"fmgg", "a GGMF file, the format before GGUF"),
    (b"version https://git-lfs", "a Git LFS pointer; the file itself was not fetched"),
    (b"\x93NUMPY", "a NumPy array"),
)


def describe(file: FileBytes) -> str:
    """A noun phrase for a file whose first bytes are no checkpoint's."""
    head = file.read(0, min(4096, file.size))
    if head.startswith(b"PK\x03\x04"):
        # PyTorch's archive is a zip whose first entry is <name>/data.pkl.
        return f"a PyTorch archive: {_PICKLE}" if b"data.pkl" in head[:512] else "a zip archive"
    if len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return _PICKLE
    for magic, name in _MAGICS:
        if head.startswith(magic):
            return name
    if _is_safetensors(head, file.size):
        return "one safetensors file; its directory, with config.json, is the checkpoint"
    text = head.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    if not any(head):
        return "a file that starts with zeros"
    if _is_text(head):
        return "JSON" if text.startswith((b"{", b"[")) else "a text file"
    return f"no format that is known (it starts with {head[:4].hex(' ')})"


def _is_safetensors(head: bytes, size: int) -> bool:
    return len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size - 8


def _is_text(head: bytes) -> bool:
    try:
        # A character may be cut at the end of the head.
        text = head.decode() if len(head) < 4096 else head[:-4].decode(errors="strict")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:
            return False
        text = head[: error.start].decode()
    return all(character.isprintable() or character in "\t\r\n\f" for character in text)
